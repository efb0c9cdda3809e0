"""What `make e2e` deploys is what AWS gets, but for the architecture of the functions."""

from e2e import next_version
from e2e.cdk import STACK
from e2e.machine import LAMBDA_ARCHITECTURE
from object2vec.search.engines import FORMAT
from stacks.source_closure import ROOT


def differences(left, right, path=()):
    """Paths at which two templates differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            yield from differences(left.get(key), right.get(key), (*path, key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, pair in enumerate(zip(left, right, strict=True)):
            yield from differences(*pair, (*path, index))
    elif left != right:
        yield path


def test_only_the_functions_architecture_and_bundles_differ(deployment, deployed_with):
    other = deployed_with(lambda_architecture="x86_64").template
    resources = deployment.template["Resources"]
    (owner,) = (
        name for name, resource in resources.items() if "IndexerCode" in resource.get("Properties", {})
    )
    told = ("Resources", owner, "Properties", "IndexerCode")  # the key of a bundle, as the owner is told it
    found = set(differences(deployment.template, other))
    assert told in found
    found -= {told}
    ours = {
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function" and resource["Properties"]["Runtime"] == "python3.13"
    }
    assert {path[:2] for path in found} == {("Resources", name) for name in ours}
    assert {path[3:] for path in found if path[2] == "Properties"} <= {
        ("Architectures", 0),
        ("Code", "S3Key"),
    }
    assert {path[2] for path in found} <= {"Properties", "Metadata"}


def lines(folder):
    """The lines of our programs, by path."""
    files = [path for top in ("object2vec", "lambdas", "stacks") for path in (folder / top).rglob("*.py")]
    return {path.relative_to(folder).as_posix(): path.read_text().splitlines() for path in files}


def test_the_next_version_differs_in_the_format_of_the_base_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(next_version, "WORK", tmp_path)
    ours, theirs = lines(ROOT), lines(next_version.next_version())
    assert ours.keys() == theirs.keys()
    changed = {
        (path, before, after)
        for path in ours
        for before, after in zip(ours[path], theirs[path], strict=True)
        if before != after
    }
    assert changed == {
        ("object2vec/search/engines.py", f"FORMAT = {FORMAT}", f"FORMAT = {next_version.NEXT_FORMAT}")
    }


def test_the_cli_deploys_the_stack_of_app_with_that_setting_only():
    assert f'"{STACK}"' in (ROOT / "app.py").read_text()
    assert LAMBDA_ARCHITECTURE in ("x86_64", "arm64")
