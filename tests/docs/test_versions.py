"""One version number everywhere."""

import re
from pathlib import Path

import object2vec

CHANGELOG = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_changelogs_latest_release_is_the_packages_version():
    unreleased, *releases = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert unreleased == "Unreleased"
    found = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+), \d{4}-\d\d-\d\d", release) for release in releases]
    versions = [tuple(map(int, release.groups())) for release in found]
    assert releases[0].partition(",")[0] == object2vec.__version__
    assert versions == sorted(set(versions), reverse=True)
