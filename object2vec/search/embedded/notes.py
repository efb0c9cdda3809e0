"""What a person should know about a result: where fewer words than asked for had to do."""

from object2vec.search.embedded.candidates import Candidates
from object2vec.search.embedded.text.matches import MAX_MATCHES
from object2vec.search.embedded.text.reader import FEW_WORDS

PHRASE_DROPPED = "no item has the phrase in quotes: its words were searched one by one"
CUT = f"more than {MAX_MATCHES:,} items match: total and facets are about the best {MAX_MATCHES:,}"


def notes_about(found: Candidates) -> list[str]:
    """In the order of their importance."""
    matches, notes = found.matches, []
    if matches.phrases_dropped and len(matches.rows):
        notes.append(PHRASE_DROPPED)
    exact = "exact" in found.parts and bool(found.parts["exact"].any())
    if not exact and matches.required < matches.words and len(matches.rows):
        some = f"at least {matches.required}" if matches.required > 1 else "at least one"
        few = "no item has" if matches.words <= FEW_WORDS else "few items have"
        notes.append(f"{few} all {matches.words} words of the query: these have {some} of them")
    if not exact and matches.words and not len(matches.rows) and len(found.rows):
        notes.append("no item has the words of the query: these are similar in meaning")
    if matches.cut:
        notes.append(CUT)
    return notes
