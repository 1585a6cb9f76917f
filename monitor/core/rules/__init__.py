"""The rule language: query text in, places in a document out."""
