"""`python -m tools.erasure_audit ID --work DIR`: every file that holds a person's id.

DIR is the work folder of a local server, or a copy of a bucket (`aws s3 sync`). Files of any kind are looked
into: text, compressed text, Parquet, the session store.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from local.work_folder import WorkFolder
from object2vec.core.erasure_ids import erasure_id
from object2vec.core.keys import ERASURES, SEARCH_REPORTS
from object2vec.core.searches import normal
from object2vec.users.mentions import Mentions


def places(folder: Path, user_id: str) -> Iterator[Path]:
    """Files below a folder that mention the id, in order."""
    mentions, typed = Mentions(user_id), Mentions(normal(user_id))
    of_searches = WorkFolder(folder).query_log.as_posix(), SEARCH_REPORTS
    for path in sorted(folder.rglob("*")):
        kept_as_typed = any(place in path.as_posix() for place in of_searches)
        if path.is_file() and not path.is_symlink() and (typed if kept_as_typed else mentions).in_file(path):
            yield path


def main() -> int:
    """Exit status: 0 the id is nowhere, 1 it is in the files that are printed, 2 DIR is no folder."""
    parser = argparse.ArgumentParser(prog="python -m tools.erasure_audit", description=__doc__)
    parser.add_argument("user_id", metavar="ID")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="a work folder or a bucket's copy"
    )
    arguments = parser.parse_args()
    if not arguments.work.is_dir():  # a misspelt folder must not read as "the id is nowhere"
        parser.error(f"{arguments.work} is no folder: name the work folder, or a bucket's copy")
    found = list(places(arguments.work, arguments.user_id))
    for path in found:
        print(path.relative_to(arguments.work))
    asked = any(
        path.name == f"{erasure_id(arguments.user_id)}.json" for path in found if ERASURES in str(path)
    )
    if asked:
        print("The erasure is asked for and not done yet: look again after a minute.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
