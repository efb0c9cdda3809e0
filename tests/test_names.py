"""One word, one thing: a public class or type has a name of its own, whatever its capitals."""

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
    """Public classes, wherever they are, and the types that a module names (`Rows = NDArray[np.int64]`): no
    constants, which are not in CamelCase."""
    classes = (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    yield from (name for name in classes if not name.startswith("_"))
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            assigned = map(ast.unparse, targets)
            yield from (name for name in assigned if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name))


def test_no_two_classes_or_types_have_one_name():
    found = defaultdict(list)
    for path, tree in product().items():
        for name in names(tree):
            found[name.casefold()].append(f"{name} in {path}")
    assert {"rows", "event"} < set(found)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
