"""Its place puts `tests/` on the import path, for the servers that several folders share."""
