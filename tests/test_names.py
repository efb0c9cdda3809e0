"""One word, one thing: a public class or type has a name of its own."""

import ast
import re
import subprocess
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def product():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    paths = [ROOT / name for name in listed if not name.startswith("tests/")]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in paths if path.exists()}


def names(tree):
    """Classes, wherever they are, and the types that a module names (`Rows = NDArray[np.int64]`)."""
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from map(ast.unparse, node.targets)
        elif isinstance(node, ast.AnnAssign):
            yield ast.unparse(node.target)


def test_no_two_classes_or_types_have_one_name():
    found = defaultdict(list)
    for path, tree in product().items():
        for name in names(tree):
            if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name):  # CamelCase: private names and constants are none
                found[name].append(path)
    assert {"Rows", "Event"} < set(found)
    assert {name: files for name, files in found.items() if len(files) > 1} == {}
