"""What `make e2e` deploys is what AWS gets, but for the architecture of the functions."""

from e2e.cdk import STACK
from e2e.machine import LAMBDA_ARCHITECTURE
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


def test_the_cli_deploys_the_stack_of_app_with_that_setting_only():
    assert f'"{STACK}"' in (ROOT / "app.py").read_text()
    assert LAMBDA_ARCHITECTURE in ("x86_64", "arm64")
