"""The workers: poll sources, read articles, send messages.

Each claims due rows from the store, does one piece of work, and writes the result in one
transaction. They see only `core`, the contracts and the ports; the engine runs them.
"""
