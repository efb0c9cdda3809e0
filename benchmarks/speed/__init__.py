"""The speed of search: of an answer, by the size of the catalogue, and of a process's start."""
