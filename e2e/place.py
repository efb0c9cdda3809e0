"""Where the story is played: on the emulator, or in the AWS account of the caller's credentials."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError

from e2e.cdk import STACK
from e2e.double.hosting import HostingDouble
from e2e.emulator import ACCOUNT, REGION, emulator


@dataclass(frozen=True, slots=True)
class Place:
    """An account and a region."""

    account: str
    region: str
    gateway: str = ""
    """Address of the emulator's gateway; empty in AWS itself."""
    hosting: HostingDouble | None = None
    """Host of the emulator's endpoints; none in AWS itself."""

    @property
    def is_emulated(self) -> bool:
        """Whether nobody else works there and nothing costs anything."""
        return bool(self.gateway)

    @property
    def patience(self) -> float:
        """How many times as long as on the emulator things may take: SageMaker starts machines."""
        return 1.0 if self.is_emulated else 10.0


class NotConfirmedError(RuntimeError):
    """Nobody has said that this account may be used; the message says how to."""


@contextmanager
def emulated() -> Iterator[Place]:
    """The emulator, started for as long as the context lasts."""
    with emulator() as hosting:
        yield Place(ACCOUNT, REGION, os.environ["AWS_ENDPOINT_URL"], hosting)


@contextmanager
def own_account() -> Iterator[Place]:
    """The account of the credentials. Raises NotConfirmedError without any, or without a region; unless the
    environment names that account; or where a stack of this name is there already, which may be somebody's
    shop."""
    session = boto3.session.Session()
    if session.get_credentials() is None or not session.region_name:
        raise NotConfirmedError("there are no AWS credentials, or no region: set AWS_PROFILE and AWS_REGION")
    account, region = str(boto3.client("sts").get_caller_identity()["Account"]), str(session.region_name)
    if os.environ.get("E2E_ACCOUNT") != account:
        raise NotConfirmedError(
            f"this deploys the stack {STACK} into account {account}, {region}, trains, serves and destroys "
            f"it, which costs a few dollars: run it again with E2E_ACCOUNT={account}"
        )
    if _exists(STACK):
        raise NotConfirmedError(
            f"account {account} has a stack {STACK} in {region}, which the end of the story would destroy: "
            "use another account or region"
        )
    yield Place(account, region)


def _exists(stack: str) -> bool:
    try:
        boto3.client("cloudformation").describe_stacks(StackName=stack)
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return False
        raise
    return True
