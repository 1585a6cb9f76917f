"""Written dates and time zones: a text in, an instant or a day out."""
