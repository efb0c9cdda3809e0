"""Keeps SageMaker's model registry and the live pointer in step: a version is shown there as approved when it
goes live and as rejected when it is withdrawn, and a version that a person approves or rejects there is
released or withdrawn.

A message only says that a package has changed. The package's present state is asked for, so a message that
comes twice, late, or because of our own update changes nothing."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from object2vec.core.endpoints import Endpoints
from object2vec.release.manifest import CorruptReleaseError, Manifest, live, load, pointer, readable
from object2vec.release.rollback import point_back, readmit, withdraw, withdrawn
from object2vec.release.rollout import Done, Outcome, Refused, Waiting, advance
from object2vec.storage import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

APPROVED, REJECTED = "Approved", "Rejected"
_BY_HAND = "rejected in the model registry"
logger = Logger(service="release")


def follow(
    store: ObjectStore, endpoints: Endpoints | None, sagemaker: "SageMakerClient", package: str
) -> Outcome:
    """Releases the version of a registered package, or withdraws it, by the package's present state.

    A package that is approved before its run has reached the release step waits for it."""
    current = live(store)
    is_live = current is not None and current.model_package == package
    status = _status(sagemaker, package)
    if status not in (APPROVED, REJECTED) or (status == APPROVED and is_live):
        return Done(current.version if current else "")
    manifest = current if is_live else _newest_of(store, package)
    if manifest is None:
        waiting = Waiting(f"{package}: its run has not come to its release yet")
        return waiting if status == APPROVED else Done(current.version if current else "")
    if status == APPROVED:
        readmit(store, manifest.version)
        return advance(store, endpoints, manifest, instead_of=current.model_version if current else None)
    return _reject(store, endpoints, manifest)


def _reject(store: ObjectStore, endpoints: Endpoints | None, manifest: Manifest) -> Outcome:
    """Withdraws a version: if it is live, rolls back to the previous release, if there is one. The release
    that is live then gets its endpoint."""
    current = pointer(store)
    if current and current.version == manifest.version:
        if current.previous is None:
            return Refused(f"{manifest.version} was {_BY_HAND}, is live, and has no release before it")
        point_back(store, to=current.previous, instead_of=manifest.version, reason=_BY_HAND)
    elif not withdrawn(store, manifest.version):
        withdraw(store, manifest.version, reason=_BY_HAND)
    release = live(store)
    if release is None:
        return Done("")
    return advance(store, endpoints, release, instead_of=release.model_version)


def show(store: ObjectStore, sagemaker: "SageMakerClient", version: str) -> None:
    """Writes a version's state into the registry. If that fails, a log line says so and the release goes
    on."""
    try:
        manifest, current = load(store, version), live(store)
        package = manifest.model_package or ""
        if not package.startswith("arn:"):  # the seed, and versions of the local system, are in no registry
            return
        reason = withdrawn(store, version)
        if current and current.model_package == package:
            wanted, reason = APPROVED, "live"
        elif reason:
            wanted = REJECTED
        else:
            return
        if _status(sagemaker, package) != wanted:
            sagemaker.update_model_package(
                ModelPackageArn=package, ModelApprovalStatus=wanted, ApprovalDescription=reason[:1024]
            )
    except CorruptReleaseError as error:
        logger.info("not shown in the registry", version=version, reason=str(error))
    except (BotoCoreError, ClientError):
        logger.exception("the registry cannot be written", version=version)


def _status(sagemaker: "SageMakerClient", package: str) -> str:
    """The package's approval status; empty if the package is gone."""
    try:
        described = sagemaker.describe_model_package(ModelPackageName=package)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
            return ""
        raise
    return str(described.get("ModelApprovalStatus", ""))


def _newest_of(store: ObjectStore, package: str) -> Manifest | None:
    """The newest release of the package's model: the others have an older base."""
    found = [manifest for manifest in readable(store) if manifest.model_package == package]
    return max(found, key=lambda manifest: manifest.watermark, default=None)
