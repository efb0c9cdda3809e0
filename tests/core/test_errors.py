import pytest

from object2vec.core.errors import InputError, sentence
from object2vec.release.manifest import CorruptReleaseError
from object2vec.storage import NotFoundError


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            CorruptReleaseError("live.json is missing: restore it"),
            "live.json is missing: restore it",
        ),
        (InputError("upload items"), "upload items"),
        (InputError(), "InputError: "),
        (NotFoundError("releases/live.json"), "NotFoundError: 'releases/live.json'"),
        (ValueError("invalid literal"), "ValueError: invalid literal"),
    ],
)
def test_an_error_of_ours_is_its_sentence_and_another_names_its_kind(error, says):
    assert sentence(error) == says
