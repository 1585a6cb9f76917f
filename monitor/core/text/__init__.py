"""Text as characters and words: cleaning, tokens, sentences, language, URLs, alignment."""
