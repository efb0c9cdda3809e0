"""Says in the report of an upload which of its pictures belong to no item, and which to one by their names
alone.

A misspelt name is the commonest reason why an item shows no picture, and nothing else would say so: pictures
may come before their items, so they are not refused.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.ingest.pictures.names import NUMBER, stem
from object2vec.ingest.pictures.table import PictureTable
from object2vec.ingest.report import load_versioned, save_report
from object2vec.storage import ConflictError, ObjectStore

NO_ITEM, BY_NAME = "No item has ", "Views of an item by their names alone: "
_EXAMPLES = 3


def note_unclaimed(
    store: ObjectStore,
    table: PictureTable,
    stems: Collection[str],
    shown: Collection[str],
    views: Mapping[str, tuple[str, str]],
) -> None:
    """Notes the pictures with these stems whose hash is not among the `shown` ones of items, and the `views`
    (path → item and reason) of some, in the report of each upload that brought them, in place of an earlier
    note."""
    by_upload: defaultdict[str, list[str]] = defaultdict(list)
    for path, claim in table.pictures():
        if stem(path) in stems and claim.owner.startswith(IMAGE_UPLOADS):
            by_upload[claim.owner].append(path)
    names = {path: claim.name for path, claim in table.pictures()}
    for key, paths in by_upload.items():
        unclaimed = sorted(path for path in paths if names[path] not in shown)
        by_name = [(path, *views[path]) for path in sorted(paths) if path in views]
        _note(store, key, [*_unclaimed(unclaimed), *_by_name(by_name)])


def _note(store: ObjectStore, key: str, sentences: Sequence[str]) -> None:
    report, etag = load_versioned(store, key)
    if report is None or report.deleted:
        return
    notes = [note for note in report.notes if not note.startswith((NO_ITEM, BY_NAME))] + [*sentences]
    if notes == report.notes:
        return
    report.notes = notes
    try:
        save_report(store, report, over=etag)
    except ConflictError:  # a newer version of the upload is being read, and looked at after that
        return


def _unclaimed(paths: Sequence[str]) -> list[str]:
    if not paths:
        return []
    return [
        f"{NO_ITEM}{len(paths):,} of these pictures, when they were last looked at: {_some(paths)}. A picture"
        " is shown once an item names it in `image` or `images`, or is called like it."
    ]


def _by_name(views: Sequence[tuple[str, str, str]]) -> list[str]:
    if not views:
        return []
    said = [
        f"{path} (item {item}, by the {'number behind its id' if reason == NUMBER else 'name of the folder'})"
        for path, item, reason in views
    ]
    return [f"{BY_NAME}{len(views):,} of these pictures, {_some(said)}."]


def _some(what: Sequence[str]) -> str:
    return ", ".join(what[:_EXAMPLES]) + (", …" if len(what) > _EXAMPLES else "")
