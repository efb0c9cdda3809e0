"""Object2Vec: one neural model that embeds products, texts and sessions for search and recommendation."""

__version__ = "0.1.0"
