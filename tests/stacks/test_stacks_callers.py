"""Which kind of caller may use which method is in the template: as scopes, or as managed policies."""

import fnmatch
import json

import pytest

from lambdas.routes import BROWSER, KINDS, ROUTES, scope_of
from tests.helpers.deployed_account import DeployedAccount, listed


def paths(deployed):
    """The path of each resource of the API by its logical id."""
    resources = deployed.of("AWS::ApiGateway::Resource")

    def path(name):
        parent = resources[name]["ParentId"]
        above = path(parent["Ref"]) if "Ref" in parent else ""
        return f"{above}/{resources[name]['PathPart']}"

    return {name: path(name) for name in resources}


def methods(deployed):
    """Properties of each method by its name and path."""
    names = paths(deployed)
    return {
        (method["HttpMethod"], names.get(method["ResourceId"].get("Ref"), "/")): method
        for method in deployed.of("AWS::ApiGateway::Method").values()
    }


def in_api_gateway(route):
    return route.method, f"{route.below}{{proxy+}}" if route.below else route.path


@pytest.mark.parametrize("auth", ["iam", "jwt"])
def test_every_route_is_a_method_of_its_function(deployed_with, auth):
    found = methods(deployed_with(auth=auth))
    for route in ROUTES:
        integration = json.dumps(found[in_api_gateway(route)]["Integration"]["Uri"])
        assert ("EventsRecorder" in integration) is (route.function == "events"), route
        assert ("SearchFunction" in integration) is (route.function == "search"), route


def test_scopes_are_those_of_the_kinds(deployed_with):
    found = methods(deployed_with(auth="jwt"))
    for route in ROUTES:
        method = found[in_api_gateway(route)]
        assert method["AuthorizationType"] == "COGNITO_USER_POOLS"
        assert set(method["AuthorizationScopes"]) == {scope_of(kind) for kind in route.kinds}
    open_to_all = {key for key, method in found.items() if method["AuthorizationType"] == "NONE"}
    assert open_to_all == {
        ("GET", "/"),
        ("GET", "/web/{proxy+}"),
    }  # the page and its files, which hold no data


def test_people_get_their_scopes_from_groups_and_a_shops_server_its_own(deployed_with):
    deployed = deployed_with(auth="jwt")
    groups = {group["GroupName"] for group in deployed.of("AWS::Cognito::UserPoolGroup").values()}
    assert groups == {*KINDS} - {BROWSER}
    (pool,) = deployed.of("AWS::Cognito::UserPool").values()
    trigger = pool["LambdaConfig"]["PreTokenGenerationConfig"]
    assert (trigger["LambdaVersion"], "BeforeToken" in json.dumps(trigger)) == ("V2_0", True)
    (server,) = deployed.of("AWS::Cognito::UserPoolResourceServer").values()
    assert {scope["ScopeName"] for scope in server["Scopes"]} == {*KINDS}
    clients = deployed.of("AWS::Cognito::UserPoolClient").values()
    (machine,) = (client for client in clients if client["AllowedOAuthFlows"] == ["client_credentials"])
    assert machine["GenerateSecret"] is True
    assert "/shop-server" in json.dumps(machine["AllowedOAuthScopes"])


def test_with_iam_there_is_a_policy_a_kind_that_allows_its_routes_alone(deployed_with):
    deployed = deployed_with()
    account = DeployedAccount(deployed.template)
    assert {method["AuthorizationType"] for method in methods(deployed).values()} == {"AWS_IAM"}
    for kind in KINDS:
        name = "".join(word.title() for word in kind.split("-"))
        policy = account.properties(account.one("AWS::IAM::ManagedPolicy", f"Search{name}Policy"))
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert listed(statement["Action"]) == ["execute-api:Invoke"]
        allowed = [arn.split("/", 1)[1] for arn in listed(statement["Resource"])]
        for route in ROUTES:
            asked = f"v1/{route.method}{route.path.replace('{id}', 'a/b')}"
            matches = any(fnmatch.fnmatchcase(asked, pattern) for pattern in allowed)
            assert matches is (kind in route.kinds), (kind, route)
        assert f"{name}PolicyArn" in deployed.template["Outputs"]
