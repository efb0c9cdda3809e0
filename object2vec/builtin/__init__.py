"""AWS's own Object2Vec behind our tokenizer (algorithm=builtin): docs/adr/0015-builtin-algorithm.md."""
