"""The shop's own server as a client of the API; on the emulator it may invoke it, and nothing else."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from e2e.place import Place

USER = "shop-server"


@dataclass(frozen=True)
class ApiAnswer:
    """Status and parsed body of an answer."""

    status: int
    body: Any


class Api:
    """Calls the deployed API, signed: on the emulator with the keys of a user made for it, in an account with
    the caller's own."""

    def __init__(self, url: str, place: Place) -> None:
        """`url`: the stack's output."""
        self._region = place.region
        if not place.is_emulated:
            self._url = url.rstrip("/")
            self._keys = boto3.session.Session().get_credentials()
            return
        parts = urlsplit(url)
        api_id, stage = parts.netloc.split(".")[0], parts.path.strip("/")
        self._url = f"{place.gateway}/_aws/execute-api/{api_id}/{stage}"
        arn = f"arn:aws:execute-api:{place.region}:{place.account}:{api_id}/{stage}/*"
        self._keys = _user_who_may_invoke(arn)

    def get(self, path: str, **query: str) -> ApiAnswer:
        return self.call("GET", path + (f"?{urlencode(query, quote_via=quote)}" if query else ""))

    def timed(self, path: str, **query: str) -> float:
        """Seconds until the answer."""
        asked = time.perf_counter()
        self.get(path, **query)
        return time.perf_counter() - asked

    def post(self, path: str, body: object) -> ApiAnswer:
        return self.call("POST", path, body)

    def put(self, path: str, body: object) -> ApiAnswer:
        return self.call("PUT", path, body)

    def page(self, path: str, body: object, *, key: str, origin: str) -> ApiAnswer:
        """What a page of the shop asks at the storefront, unsigned; `key` is its publishable key."""
        headers = {"x-api-key": key, "origin": origin}
        return self.call("POST", f"/storefront{path}", body, signed=False, more=headers)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        signed: bool = True,
        more: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
        """Any answer of the API, errors included; `more` headers."""
        data = None if body is None else json.dumps(body).encode()
        headers = ({"content-type": "application/json"} if data else {}) | dict(more or {})
        request = AWSRequest(method, self._url + path, headers, data)
        if signed:
            SigV4Auth(self._keys, "execute-api", self._region).add_auth(request)
        message = urllib.request.Request(request.url, data, dict(request.headers), method=method)
        try:
            with urllib.request.urlopen(message, timeout=60) as answer:
                return ApiAnswer(answer.status, _parsed(answer.read()))
        except urllib.error.HTTPError as error:
            return ApiAnswer(error.code, _parsed(error.read()))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _user_who_may_invoke(api: str) -> Credentials:
    iam = boto3.client("iam")
    iam.create_user(UserName=USER)
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": api}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=USER, PolicyName="invoke", PolicyDocument=policy)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])
