"""The catalogue item: the record that uploads carry, the log stores and search answers with."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """One object of the catalogue: `{"label": id, "text": …, "metadata": {…}}` in an upload."""

    id: str
    text: str
    metadata: Mapping[str, object] = field(default_factory=dict)
