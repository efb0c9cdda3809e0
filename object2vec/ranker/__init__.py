"""The learned ranker: what is known about a candidate for a shopper, and how likely the shopper takes it."""
