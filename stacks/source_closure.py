"""Which of our files a program needs: it and what it imports, to the end, read from the syntax trees."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_OURS = re.compile(r"(object2vec|lambdas)(\.\w+)*")


def source_closure(programs: Iterable[Path]) -> set[Path]:
    """The files themselves, the modules they import and the data files of the packages those lie in."""
    found: set[Path] = set()
    pending = list(programs)
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += _files_of(path)
    return found


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names of what a Python file imports anywhere in it. `from a import b` gives `a` and `a.b`."""
    return frozenset(_imports(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _files_of(path: Path) -> tuple[Path, ...]:
    if path.suffix != ".py":
        return ()
    names = {name for name in imports(path) | _resources(path) if _OURS.fullmatch(name)}
    return tuple(file for name in names for file in _module_files(name))


def _resources(path: Path) -> set[str]:
    """Packages named in strings, as `importlib.resources.files` takes them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


@cache
def _module_files(name: str) -> tuple[Path, ...]:
    files: list[Path] = []
    folder = ROOT
    for part in name.split("."):
        if (folder / f"{part}.py").is_file():
            files.append(folder / f"{part}.py")
        folder = folder / part
        if (folder / "__init__.py").is_file():
            files += [path for path in folder.iterdir() if path.is_file() and path.suffix != ".py"]
            files.append(folder / "__init__.py")
    return tuple(files)
