"""A message's values in, its mail or JSON out."""
