"""How the functions that move releases say in their logs what came of it."""

from aws_lambda_powertools import Logger

from object2vec.release.rollout import Done, Outcome

WITHOUT_ENDPOINT = "live without its endpoint"
"""An alarm counts the log lines with this message (stacks/observability.py)."""


def say(logger: Logger, version: str, outcome: Outcome) -> None:
    """One line; a version that went live without what it should have is a warning."""
    if isinstance(outcome, Done) and outcome.warning:
        logger.warning(WITHOUT_ENDPOINT, version=version, reason=outcome.warning)
    else:
        logger.info("release", version=version, outcome=repr(outcome))
