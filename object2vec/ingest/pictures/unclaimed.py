"""Says in the report of an upload which of its pictures belong to no item.

A misspelt name is the commonest reason why an item shows no picture, and nothing else would say so: pictures
may come before their items, so they are not refused.
"""

from collections import defaultdict
from collections.abc import Collection

from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.ingest.pictures.names import stem
from object2vec.ingest.pictures.table import PictureTable
from object2vec.ingest.report import load_versioned, save_report
from object2vec.storage import ConflictError, ObjectStore

NO_ITEM = "No item has "
_EXAMPLES = 3


def note_unclaimed(
    store: ObjectStore, table: PictureTable, stems: Collection[str], shown: Collection[str]
) -> None:
    """Notes the pictures with these stems whose hash is not among the `shown` ones of items, in the report of
    each upload that brought some, in place of an earlier note."""
    by_upload: defaultdict[str, list[str]] = defaultdict(list)
    for path, claim in table.pictures():
        if stem(path) in stems and claim.owner.startswith(IMAGE_UPLOADS):
            by_upload[claim.owner] += [] if claim.name in shown else [path]
    for key, paths in by_upload.items():
        _note(store, key, paths)


def _note(store: ObjectStore, key: str, paths: list[str]) -> None:
    report, etag = load_versioned(store, key)
    if report is None or report.deleted:
        return
    others = [note for note in report.notes if not note.startswith(NO_ITEM)]
    notes = [*others, *([_sentence(paths)] if paths else [])]
    if notes == report.notes:
        return
    report.notes = notes
    try:
        save_report(store, report, over=etag)
    except ConflictError:  # a newer version of the upload is being read, and looked at after that
        return


def _sentence(paths: list[str]) -> str:
    some = ", ".join(sorted(paths)[:_EXAMPLES])
    more = ", …" if len(paths) > _EXAMPLES else ""
    return (
        f"{NO_ITEM}{len(paths):,} of these pictures, when they were last looked at: {some}{more}. A picture"
        " is shown once an item names it in `image` or `images`, or is called like it."
    )
