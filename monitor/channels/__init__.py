"""Channels: the ways in which alerts reach people, a folder for each kind.

A kind is its configuration model and its sender: `<kind>/config.py`, `<kind>/channel.py`, and in
`<kind>/__init__.py` the value `KIND` that joins them. Open `registry.py` first, then `kind.py`.
"""
