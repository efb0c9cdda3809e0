"""Cognito asks before it makes a token: the groups a person is in become the scopes that the API asks for.

Version 2 of https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
"""

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.routes import BROWSER, KINDS, scope_of

logger = Logger(service="sign_in")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Whoever can sign in is a shopper; the groups named after the other kinds of caller add theirs."""
    groups = event["request"]["groupConfiguration"].get("groupsToOverride") or []
    kinds = [BROWSER, *(group for group in groups if group in KINDS and group != BROWSER)]
    logger.info("token", kinds=kinds)
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "accessTokenGeneration": {"scopesToAdd": [scope_of(kind) for kind in kinds]}
    }
    return event
