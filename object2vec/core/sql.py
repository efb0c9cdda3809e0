"""SQL for DuckDB and SQLite: quoting, and how much memory a database may take."""

MEMORY = "1GB"
"""Memory of a database in a function, which has 3 GB; beyond it DuckDB goes on in its temporary folder."""


def literal(text: object) -> str:
    """A text, or a path, as a string of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """The name of a table or column as SQL takes any name."""
    return '"' + name.replace('"', '""') + '"'
