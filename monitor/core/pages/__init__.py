"""Page bytes in, an `Article` out."""
