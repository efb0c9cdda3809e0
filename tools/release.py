"""What is live, and how a person changes it: `python -m tools.release status | rollback | approve VERSION`.

Works with the AWS credentials of the shell. Nothing is changed from here: an order goes to the queue of the
release function, which alone moves the pointer and the endpoints, and this waits until it has.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from object2vec.release.endpoint_notes import endpoint_note
from object2vec.release.manifest import PREFIX, CorruptReleaseError, load, pointer
from object2vec.release.rollback import withdrawn
from object2vec.store import ObjectStore, open_store

WAIT_SECONDS = 15 * 60


def main() -> int:
    """Exit status: 0 done, 1 the order cannot be given or was not carried out."""
    arguments = _arguments()
    outputs = _outputs(arguments.stack)
    store = open_store(f"s3://{outputs['BucketName']}")
    if arguments.command == "status":
        print("\n".join(status(store)))
        return 0
    found = pointer(store)
    if found is None:
        return _refuse("nothing is live yet")
    version = found[0].version
    if arguments.command == "approve":
        replaced = load(store, version).model_version
        order = {"order": "approve", "version": arguments.version, "instead_of": replaced}
        return _ordered(outputs["ReleaseQueueUrl"], store, order, arguments.version)
    target = arguments.to or found[0].previous
    if target is None:
        return _refuse(f"{version} has no release before it: name one with --to, `status` lists them")
    order = {"order": "roll back", "to": target, "instead_of": version, "reason": arguments.reason}
    return _ordered(outputs["ReleaseQueueUrl"], store, order, target)


def status(store: ObjectStore) -> Iterator[str]:
    """What is live and since when, and every other version there is."""
    found = pointer(store)
    live = found[0].version if found else None
    for version in _versions(store):
        try:
            manifest = load(store, version)
        except CorruptReleaseError as error:
            yield f"  {version}  damaged: {error}"
            continue
        said = [f"model {manifest.model_version}", f"data {manifest.data_version or '-'}"]
        if found and version == live:
            said.append(
                f"live since {found[0].since or 'an unknown time'}, before it {found[0].previous or 'none'}"
            )
            said.append(endpoint_note(store, manifest.model_version))
        said.append(f"rolled back: {reason}" if (reason := withdrawn(store, version)) else "")
        yield f"{'*' if version == live else ' '} {version}  {'; '.join(filter(None, said))}"


def _versions(store: ObjectStore) -> list[str]:
    keys = (entry.key.removeprefix(PREFIX) for entry in store.list(PREFIX))
    return [
        key.removesuffix("/manifest.json")
        for key in keys
        if key.count("/") == 1 and key.endswith("/manifest.json")
    ]


def _ordered(queue: str, store: ObjectStore, order: Mapping[str, Any], version: str) -> int:
    """Gives the order and waits until the version is live."""
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(order))
    print(f"ordered: {order['order']} → {version}; waiting until it is live", flush=True)
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = pointer(store)
        if found and found[0].version == version:
            print(f"{version} is live; its endpoint follows within minutes")
            return 0
        time.sleep(1)
    return _refuse("it is not live yet: the log of the release function says why")


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _outputs(stack: str) -> dict[str, str]:
    (found,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("--stack", default="Object2Vec", help="name of the stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="what is live, and what else there is")
    back = commands.add_parser("rollback", help="the release before the live one goes live, at once")
    back.add_argument("--to", metavar="VERSION", help="another one than the release before")
    back.add_argument("--reason", default="by hand", help="kept beside the release that is left")
    approve = commands.add_parser(
        "approve", help="a version that passed the gate goes live (approval=manual)"
    )
    approve.add_argument("version", metavar="VERSION")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
