"""Asks the IAM simulator what the roles of a synthesised template may do."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.helpers.deployed_account import ACCOUNT, DeployedAccount
from tests.helpers.recorded_calls import Call

SCRIPT = Path(__file__).with_name("simulate.mjs")
_TLS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
_ALLOWED = "Allowed"


Policy = dict[str, Any]


def refused(
    account: DeployedAccount, role: str, calls: Iterable[Call], organisation: Sequence[Policy] = ()
) -> dict[Call, str]:
    """Those of the calls that the role may not make, with the simulator's verdict; under the service control
    policies of an organisation."""
    ordered = sorted(calls, key=lambda call: (call.action, call.resource))
    assert ordered, "nothing was asked: the scenario made no call"
    rules = {"organisation": list(organisation)}
    verdicts = _simulate([_request(account, role, call) | rules for call in ordered])
    wrong = {call: v for call, v in zip(ordered, verdicts, strict=True) if not v.isalpha()}
    assert not wrong, f"the simulator does not know such a request: {wrong}"
    return {call: v for call, v in zip(ordered, verdicts, strict=True) if v != _ALLOWED}


def _request(account: DeployedAccount, role: str, call: Call) -> dict[str, Any]:
    bucket = (
        call.resource.removeprefix("arn:aws:s3:::").split("/")[0] if call.action.startswith("s3:") else ""
    )
    return {
        "principal": account.arn(role),
        "account": ACCOUNT,
        "action": call.action,
        "resource": call.resource.replace("{pipeline}", account.pipeline),
        "context": (_TLS if bucket else {}) | dict(call.context),
        "identity": account.policies(role),
        "resourcePolicy": account.bucket_policy(bucket) if bucket else account.key_policy(call.resource),
    }


def _simulate(requests: list[dict[str, Any]]) -> list[str]:
    run = subprocess.run(
        ["node", SCRIPT], input=json.dumps({"requests": requests}), capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)
