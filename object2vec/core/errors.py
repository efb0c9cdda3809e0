"""Errors of data, of requests, and of the state that should answer them; each message says what to do."""


class InputError(ValueError):
    """Data, settings or an earlier model cannot be used; the message says what to do."""


def sentence(error: BaseException) -> str:
    """What an error says: its message alone where that is a sentence of ours, else with its kind. A KeyError
    of ours says no more than a key."""
    ours = type(error).__module__.startswith(("object2vec.", "local.", "lambdas."))
    is_sentence = ours and not isinstance(error, KeyError) and str(error)
    return str(error) if is_sentence else f"{type(error).__name__}: {error}"


class SearchError(Exception):
    """Base of everything search raises on purpose."""


class BadRequestError(SearchError):
    """The request cannot be answered as it stands, whatever the state."""


class UnknownFieldError(BadRequestError):
    """A filter, facet or sort names a field no item has."""


class StaleCursorError(BadRequestError):
    """The cursor belongs to another release or another request."""


class UnsupportedError(BadRequestError):
    """This engine lacks the capability; another one may have it."""


class NoPreviousReleaseError(BadRequestError):
    """No release was live before this one."""


class UnknownItemError(SearchError):
    """No item of the catalogue has this id."""


class NoCategoriesError(SearchError):
    """The live model was trained without categories."""


class StartingError(SearchError):
    """There is no release to answer from yet."""


class StoreUnavailableError(SearchError):
    """A change could not be stored; nothing of it is visible."""


class CorruptIndexError(SearchError):
    """The files of a base index are missing, unreadable or of another format."""
