"""Which system wrote a file with these columns."""

from collections.abc import Iterable, Mapping, Sequence

from object2vec.ingest.exports.export_table import EXPORTS, PERSONALIZE, SHOPIFY, keys
from object2vec.ingest.exports.headings import is_person, key_of, role_of
from object2vec.ingest.exports.layout import CatalogExport
from object2vec.ingest.rules import FileError


def export_of(names: Iterable[str]) -> CatalogExport | None:
    """The system that wrote a file with these columns, None if none is known. Raises FileError for files that
    belong elsewhere."""
    names = list(names)
    _refuse_logs(names, frozenset(map(key_of, names)))
    return export_that_fits(names)


def export_that_fits(names: Sequence[str]) -> CatalogExport | None:
    """As `export_of`, of a file that is said to be a catalogue."""
    found = frozenset(map(key_of, names))
    if key_of("item id") in found and _says_more(names) and not keys("creation timestamp") & found:
        return next((one for one in EXPORTS if one.name != PERSONALIZE and one.fits(names)), None)
    return next((one for one in EXPORTS if one.fits(names) and _is_certain(one, found)), None)


def _says_more(names: Sequence[str]) -> bool:
    """Whether a file has what no items of Amazon Personalize have: another title, pictures, addresses."""
    roles = [role_of(name)[0] for name in names if key_of(name) not in keys("product name | item name")]
    return not {"title", "image", "url", "availability"}.isdisjoint(roles)


def _is_certain(export: CatalogExport, found: frozenset[str]) -> bool:
    return export.name != SHOPIFY or bool(keys("handle | url handle") & found)


def _refuse_logs(names: Sequence[str], found: frozenset[str]) -> None:
    people = [name for name in names if is_person(name)]
    words = "title | name | text | label | description | product description"
    if not people or keys(words) & found:
        return
    if keys("item id | movie id | asin | product id") & found:
        kind = (
            "search log or interactions"
            if key_of("query") in found or key_of("tag") in found
            else "interactions"
        )
        raise FileError(
            "not_a_catalogue",
            f"The file has shoppers (`{people[0]}`) and items, so it is a log: upload it to "
            f"uploads/interactions/ or uploads/queries/ ({kind}), not to uploads/catalog/.",
        )
    raise FileError(
        "not_a_catalogue",
        f"The file describes shoppers (`{people[0]}`), as Amazon Personalize's users do. Nothing of it is "
        "used: the model knows shoppers by what they do, so upload their interactions to "
        "uploads/interactions/.",
    )


def refuse_schema(record: Mapping[str, object]) -> None:
    """Raises FileError for the schema (Avro, as JSON) that Amazon Personalize wants beside a data set."""
    fields = record.get("fields")
    if record.get("type") != "record" or not isinstance(fields, list):
        return
    names = [str(one.get("name")) for one in fields if isinstance(one, dict)]
    raise FileError(
        "not_a_catalogue",
        f"This is the schema of an Amazon Personalize data set ({', '.join(names)[:200]}); it holds no items "
        "and is not needed: columns are known by their names, and types are read from the whole column. "
        "Upload the data set itself. A field that must stay text although it looks like a number goes "
        "under `texts` in uploads/mapping.json.",
    )
