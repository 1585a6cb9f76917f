"""When a source or an article is visited next."""
