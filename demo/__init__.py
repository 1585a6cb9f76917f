"""A small local news site and its readers: the demo, and what the journeys in tests/ visit."""
