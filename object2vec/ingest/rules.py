"""Why a row or a whole upload was refused: one table, and every message says what to do next."""

from object2vec.core.identifiers import MAX_ID
from object2vec.core.pairs import MAX_TOKEN, MAX_TOKENS
from object2vec.core.time import PROBLEMS as TIME_PROBLEMS

MAX_TEXT = 20_000
MAX_FIELDS = 1_000
MAX_COLUMNS = 2_000  # of a table; those that are empty make no field
MAX_LIST = 2_000
MAX_VALUE = 2_000
MAX_VECTOR = 4_096
MAX_VECTOR_NUMBER = 1e30  # well within 32 bits
MAX_QUERY = 10_000
MAX_ROW_BYTES = 64 << 20
MAX_FILE_BYTES = 4 << 30
MAX_UNPACKED_BYTES = 8 << 30
MAX_ROWS = 200_000_000  # either is about what a function reads in its quarter of an hour

_ID_RULE = (
    f"text of 1 to {MAX_ID} characters without control characters or surrounding spaces; "
    "a JSON integer counts as its digits"
)

SEPARATOR = "the separator"
"""A report names that of the file in its place."""
ROW_PROBLEMS = {
    "invalid_json": "Not a JSON object on one line; write one complete object a line.",
    "not_an_object": "The line is JSON but not an object; write {…} on each line.",
    "too_deep": "The object is nested too deeply; store what is inside as fields of its own.",
    "object_too_long": "The object is longer than 16 MB; split it, or leave out what no shopper sees.",
    "not_finite": "NaN and Infinity are not values; leave the field out where there is none.",
    "not_utf8": "The row is not UTF-8 text; save the file as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8 FILE).",
    "control_character": "The row holds a NUL or separator control character; remove it.",
    "duplicate_field": "Two fields of the row differ only in upper and lower case; keep one.",
    "wrong_columns": (
        f"The row has another number of columns than the header; quote values that hold {SEPARATOR}."
    ),
    "repeated_header": "The row is the header again, as in files that were joined; nothing is lost.",
    "broken_quotes": 'A quoted value is not closed, or a quote inside one is not doubled ("").',
    "missing_label": "No label; every item needs its id in `label`.",
    "bad_label": f"The label must be {_ID_RULE}.",
    "ruined_label": (
        "The label looks like 4.00638E+12 or #NAME?: a spreadsheet rounded a long number, or shows an error "
        "in place of the id. Export again with the column as text; what is lost cannot be found again."
    ),
    "not_published": (
        "The product is a draft, private or archived in the shop. Publish it, or say "
        '`"unpublished": "load"` in uploads/mapping.json.'
    ),
    "missing_product": (
        "The row is a variant or a part of a product, but no product stands above it; export the product too."
    ),
    "not_a_product": "The object is no product but something else of the page; nothing is lost.",
    "missing_title": "The row has neither text, title nor description; give one of them.",
    "missing_text": "No text; give `text`, which may be empty only on purpose.",
    "bad_text": "The text must be a JSON string.",
    "text_too_long": f"The text is longer than {MAX_TEXT:,} characters; shorten it.",
    "bad_deleted": "`deleted` must be true or false.",
    "bad_price": "The price must be a finite number that is not negative; leave it out where there is none.",
    "bad_number": "The value is not a number like the others of its column.",
    "bad_metadata": (
        "Metadata must be an object of numbers, texts, booleans, or lists of texts or of numbers "
        f"(at most {MAX_FIELDS} fields, names up to {MAX_ID} and texts up to {MAX_VALUE:,} characters)."
    ),
    "bad_reviews": (
        f"`reviews` must be a text or a list of up to {MAX_VALUE:,} texts, each of at most {MAX_TEXT:,} "
        "characters, or the number of reviews; shorten it, or leave out the oldest."
    ),
    "bad_vector": (
        f"`vector` must be a list of 1 to {MAX_VECTOR:,} finite numbers (CSV has no lists: use JSON Lines or "
        "Parquet); leave it out where there is none, or give the field another name if it is something else."
    ),
    "other_vector_length": (
        "The vector has more or fewer numbers than the first one of this file; take all vectors of a "
        "catalogue from one model."
    ),
    "missing_user_id": "No USER_ID; `guest` and the like name nobody.",
    "bad_user_id": f"USER_ID must be {_ID_RULE}.",
    "missing_item_id": "No ITEM_ID.",
    "bad_item_id": f"ITEM_ID must be {_ID_RULE}.",
    "missing_timestamp": "No TIMESTAMP; give the time at which it happened, in epoch seconds or ISO 8601.",
    **TIME_PROBLEMS,
    "timestamp_in_future": (
        "The time has not come yet; check the clock that wrote it, or whether its time zone is missing."
    ),
    "timestamp_far_off": (
        "The time lies many years from nearly all others of the file, as a wrong clock's do; if it is true, "
        "upload the row in a file of its own."
    ),
    "ambiguous_date": (
        "The date may begin with the day or with the month, and no other row of the file tells; write it as "
        "2024-01-31."
    ),
    "rounded_user_id": (
        "USER_ID is a number that a spreadsheet has rounded (4.00638E+12), so that different ids became one; "
        "export it again with the column formatted as text."
    ),
    "rounded_item_id": (
        "ITEM_ID is a number that a spreadsheet has rounded (4.00638E+12), so that different ids became one; "
        "export it again with the column formatted as text."
    ),
    "bad_event_type": f"EVENT_TYPE must be text of at most {MAX_ID} characters without control characters.",
    "bad_event_value": "EVENT_VALUE must be a finite number; leave it empty where there is none.",
    "missing_query": "No QUERY, or a blank one.",
    "bad_query": f"QUERY must be text of at most {MAX_QUERY:,} characters without control characters.",
    "bad_pair_label": "The label of a pair must be a finite number.",
    "bad_tokens": (
        f"in0 and in1 must be lists of 1 to {MAX_TOKENS:,} ids, whole numbers from 0 to {MAX_TOKEN:,}."
    ),
    "not_a_picture": "Not a JPEG, PNG or WebP; save the picture as one of these.",
    "picture_is_svg": "SVG is a drawing that may hold scripts; export it as PNG.",
    "picture_damaged": "The picture is damaged or cut off; export and upload it again.",
    "picture_too_large": "The picture has more bytes, pixels or frames than are read; scale it down.",
    "bad_picture_path": "The name leads out of the archive, or cannot be printed; rename the file.",
    "bad_relevance": "LABEL must be a number that is not negative (0: not relevant); empty means relevant.",
}

CELL_PROBLEMS = {
    "missing_value": "The cell says that there is no value; it is left out.",
    "not_number": "The cell is no number like the others of its column; the item is kept without it.",
    "price_range": "The cell holds a range of prices; the lowest one is kept.",
    "not_boolean": "The cell is neither yes nor no; the item is kept without it.",
    "not_date": "The cell is no date like the others of its column; the item is kept without it.",
    "not_list": f"The cell is no list of 1 to {MAX_LIST:,} values; the item is kept without it.",
    "text_cut": f"The text is longer than {MAX_TEXT:,} characters; the beginning is kept.",
    "bad_name": f"The name of the field is longer than {MAX_ID} characters; the item is kept without it.",
    "too_many_fields": f"The item has more than {MAX_FIELDS:,} fields; the first ones are kept.",
    "too_deep": "The value is nested too deeply; the item is kept without it.",
    "mixed_list": "The list holds texts and other values; all are kept as texts.",
}
"""Cells that are given up, or changed, while their row is kept."""


LEFT_OUT = {
    "no_item": "The record names no item (a page view, a search, a log-in): nothing is learned from it.",
    "erased": "The person was erased after the file was uploaded. Take the rows out of the file, too.",
}
"""Rows of a log that are fine, and not loaded."""


class RowError(Exception):
    """This row is refused; `code` is a key of `ROW_PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(ROW_PROBLEMS[code])
        self.code = code


class FileError(Exception):
    """The upload as a whole cannot be read (any further)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def too_large() -> FileError:
    """The upload is more than a function reads in the time and on the disk it has."""
    return FileError(
        "too_large",
        f"The file has more than {MAX_FILE_BYTES >> 30} GB, or more than {MAX_UNPACKED_BYTES >> 30} GB or "
        f"{MAX_ROWS:,} rows unpacked; split it.",
    )
