"""A model-based test of the store and the workers; open `machine.py` first.

In: seeded random steps (feeds, edits, failures, reloads, kills, clock steps). Out: nothing, or the
first difference between the database and a naive model, with the shortest script that shows it.
"""
