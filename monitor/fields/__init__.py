"""Field types of configuration models, shared by config.yaml's sections and by the channels.

Text in (every scalar of config.yaml is text); checked Python values out. Open `section.py` for
the base of every section, then `types.py` for the types, `units.py` for durations and sizes.
"""
