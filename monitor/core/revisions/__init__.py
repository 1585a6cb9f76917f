"""What happened to an article: a reading and what is known in, a decision out."""
