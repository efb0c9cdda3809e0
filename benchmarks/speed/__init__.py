"""How fast search answers, how it grows, and what a process costs to start."""
