"""One word, one thing: a public class has a name of its own, and an array type is spelled once."""

import ast
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


def twice(found):
    return {name: files for name, files in found.items() if len(files) > 1}


def test_no_two_classes_have_one_name():
    found = defaultdict(list)
    for path, tree in product().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path)
    assert twice(found) == {}


def test_no_name_stands_for_two_array_types():
    found = defaultdict(set)
    for tree in product().values():
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("NDArray["):
                found[ast.unparse(node.targets[0])].add(ast.unparse(node.value))
    assert twice(found) == {}
