"""What the index job and the ranker's training count in a log: one table a module."""
