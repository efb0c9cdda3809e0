"""Object2Vec: one neural model that embeds products, texts and sessions for search and recommendation."""
