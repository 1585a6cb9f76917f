"""Feed bytes in, a `Feed` of entries out."""
