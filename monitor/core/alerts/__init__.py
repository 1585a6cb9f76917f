"""Who is owed which alert, and when."""
