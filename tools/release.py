"""Shows what is live, and lets a person change it: `python -m tools.release status | rollback | approve |
prune`.

Works with the AWS credentials of the shell. What is live is not changed from here: an order goes to the queue
of the release function, which alone moves the pointer and the endpoints, and this waits until it has.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from object2vec.release.endpoint_markers import endpoint_marker
from object2vec.release.manifest import CorruptReleaseError, load, pointer, versions
from object2vec.release.pruning import prune
from object2vec.release.rollback import withdrawn
from object2vec.storage import ConflictError, ObjectStore, open_store

WAIT_SECONDS = 15 * 60


def main() -> int:
    """Exit status: 0 done, 1 the order cannot be given or was not carried out."""
    arguments = _arguments()
    outputs = _outputs(arguments.stack)
    store = open_store(f"s3://{outputs['BucketName']}")
    if arguments.command == "status":
        print("\n".join(status(store)))
        return 0
    if arguments.command == "prune":
        return _prune(store, arguments.keep)
    current = pointer(store)
    if current is None:
        return _refuse("nothing is live yet")
    version = current.version
    if arguments.command == "approve":
        replaced = load(store, version).model_version
        order = {"order": "approve", "version": arguments.version, "instead_of": replaced}
        return _ordered(outputs["ReleaseQueueUrl"], store, order, arguments.version)
    target = arguments.to or current.previous
    if target is None:
        return _refuse(f"{version} has no release before it: name one with --to, `status` lists them")
    order = {"order": "roll back", "to": target, "instead_of": version, "reason": arguments.reason}
    return _ordered(outputs["ReleaseQueueUrl"], store, order, target)


def status(store: ObjectStore) -> Iterator[str]:
    """The live version with its time, and all other versions."""
    current = pointer(store)
    live = current.version if current else None
    for version in versions(store):
        try:
            manifest = load(store, version)
        except CorruptReleaseError as error:
            yield f"  {version}  damaged: {error}"
            continue
        facts = [f"model {manifest.model_version}", f"data {manifest.data_version or '-'}"]
        if current and version == live:
            facts.append(
                f"live since {current.since or 'an unknown time'}, before it {current.previous or 'none'}"
            )
            facts.append(endpoint_marker(store, manifest.model_version))
        facts.append(f"rolled back: {reason}" if (reason := withdrawn(store, version)) else "")
        yield f"{'*' if version == live else ' '} {version}  {'; '.join(filter(None, facts))}"


def _prune(store: ObjectStore, keep: int) -> int:
    """Removes old releases and prints each."""
    total = 0
    try:
        for version, size in prune(store, keep):
            total += size
            print(f"removed {version}, {size / 1e6:,.0f} MB", flush=True)
    except (ConflictError, CorruptReleaseError) as error:
        return _refuse(str(error))
    print(
        f"{total / 1e6:,.0f} MB removed" if total else f"nothing is older than the live one and {keep} before"
    )
    return 0


def _ordered(queue: str, store: ObjectStore, order: Mapping[str, Any], version: str) -> int:
    """Gives the order and waits until the version is live."""
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(order))
    print(f"ordered: {order['order']} → {version}; waiting until it is live", flush=True)
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        current = pointer(store)
        if current and current.version == version:
            print(f"{version} is live; its endpoint follows within minutes")
            return 0
        time.sleep(1)
    return _refuse("it is not live yet: the log of the release function says why")


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _outputs(stack: str) -> dict[str, str]:
    try:
        (found,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(_refuse(f"The stack {stack} cannot be read: {error}")) from error
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def _arguments() -> argparse.Namespace:
    prog = "object2vec release" if sys.argv[0] == "object2vec release" else "python -m tools.release"
    parser = argparse.ArgumentParser(prog=prog, description=__doc__)
    parser.add_argument("--stack", default="Object2Vec", help="name of the stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="what is live, and what else there is")
    back = commands.add_parser("rollback", help="the release before the live one goes live, at once")
    back.add_argument("--to", metavar="VERSION", help="another one than the release before")
    back.add_argument("--reason", default="by hand", help="stored with the release that is left")
    approve = commands.add_parser(
        "approve", help="a version that passed the gate goes live (approval=manual)"
    )
    approve.add_argument("version", metavar="VERSION")
    older = commands.add_parser("prune", help="old releases are removed, to free their space")
    older.add_argument("--keep", type=_count, default=10, help="so many before the live one stay")
    return parser.parse_args()


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0: keep 0 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
