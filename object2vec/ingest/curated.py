"""The curated object of one upload: the accepted rows of a log, or pairs."""

import hashlib
import re
from pathlib import Path

from object2vec.core.keys import CURATED
from object2vec.ingest.owner import Upload
from object2vec.ingest.ownership.publishing import OvertakenError
from object2vec.ingest.rules import too_large
from object2vec.storage.base import MAX_UPLOAD_OVER


class CuratedObject:
    """The one object that holds an upload's rows; it is replaced only over the version that was there when
    the reading began."""

    def __init__(self, upload: Upload, suffix: str, folder: str = "") -> None:
        self.upload = upload
        *prefix, name = curated_key(upload.version.key).removesuffix(".parquet").split("/")
        self.key = "/".join([*prefix, *filter(None, [folder]), name + suffix])
        entry = upload.store.head(self.key)
        self.etag = entry.etag if entry else ""
        self.has_rows = entry is not None and entry.size > 0

    def publish(self, path: Path) -> None:
        """Replaces it by a file, or empties it where no row was accepted: a training that is under way has it
        on its list, and SageMaker starts no job where an object of the list is gone. Raises as
        `Owner.publish`."""
        report = self.upload.report
        if report.accepted and path.stat().st_size > MAX_UPLOAD_OVER:
            raise too_large()
        if not self.upload.is_current():
            raise OvertakenError(self.upload.version.key)
        if report.accepted:
            self.upload.store.upload_over(path, self.key, self.etag)
            report.outputs = [self.key]
        elif self.has_rows:
            nothing = self.upload.folder / "nothing"
            nothing.touch()
            self.upload.store.upload_over(nothing, self.key, self.etag)

    def guard(self) -> None:
        """Guard by numbers of rows: those of a log need not be the same from one export to the next."""
        self.upload.guard(self.held, self.upload.report.accepted)

    @property
    def held(self) -> int:
        """Rows of the version before, by its report."""
        before = self.upload.before
        if before is None:
            return 0
        return before.accepted if before.holds is None else before.holds


def curated_key(key: str) -> str:
    """Key of the accepted rows of a log upload: one object an upload key, so that a new version of the
    upload replaces the old rows in one atomic write."""
    _, prefix, name = key.split("/", 2)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60]
    return f"{CURATED}{prefix}/{stem}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.parquet"
