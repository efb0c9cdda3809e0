"""The types of settings' values. A wrong value is refused with one sentence that names the allowed ones.

Hyperparameters and event weights are checked at synth by the library's own rules."""

import difflib
import json
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

from object2vec.core.event_weights import EventWeightsError, checked_setting
from object2vec.training.hyperparameters import HyperparameterError, Hyperparameters
from object2vec.training.pairs.hyperparameters import check_either
from stacks.instances import refused_instance


class SettingError(ValueError):
    """A context value that no deployment can have; the message is one sentence naming the allowed ones."""


USUAL_TIME_LIMIT: float = Hyperparameters.model_fields["time_limit"].default
"""Seconds of a catalogue's training, where nothing else is said."""
MOST_TEXT = 255
"""Characters of a text: SageMaker takes no longer image, and a CloudWatch alarm's text has docs_url in it."""
TOLD_AT_MOST = 1_000
"""Characters, as JSON, of a setting that functions find in their environment, which holds 4 KB in all:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""


def pattern(regex: str, allowed: str, most: int = MOST_TEXT) -> BeforeValidator:
    """A text of a given form, with `most` characters; `allowed` says the form in words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(regex, value):
            raise SettingError(f"{value!r} is not {allowed}")
        return short(value, most)

    return BeforeValidator(check)


def short(text: str, most: int) -> str:
    """The text. Raises SettingError if it is longer than AWS takes it."""
    if len(text) > most:
        raise SettingError(f"it has {len(text)} characters; {most} at most fit into what AWS takes")
    return text


def ids(regex: str, allowed: str, most: int) -> BeforeValidator:
    """Ids with commas, or none, each once."""

    def check(value: object) -> str:
        given = str(value).split(",") if value else []
        if not all(re.fullmatch(regex, one) for one in given):
            raise SettingError(f"{value!r} is not {allowed}, or empty for none")
        if len(given) > most or len(set(given)) < len(given):
            raise SettingError(f"give at most {most}, each once; AWS takes no more")
        return ",".join(given)

    return BeforeValidator(check)


def whole(low: int, high: int, allowed: str = "") -> BeforeValidator:
    """A whole number, as JSON or `-c` writes it; `allowed` says in words which."""

    def check(value: object) -> int:
        number = int(str(value)) if re.fullmatch(r"\d{1,9}", str(value), re.ASCII) else -1
        if not low <= number <= high:
            raise SettingError(f"{value!r} is not {allowed or f'a whole number from {low} to {high}'}")
        return number

    return BeforeValidator(check)


def instance(use: str, *, or_default: bool = False) -> BeforeValidator:
    """A SageMaker instance type that can run the images for this use."""

    def check(value: object) -> str:
        if or_default and value == "":
            return ""
        if not isinstance(value, str) or not re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9]+", value):
            empty = ", or empty for the default" if or_default else ""
            raise SettingError(f"{value!r} is not a SageMaker instance type such as ml.m5.2xlarge{empty}")
        if sentence := refused_instance(value, use):
            raise SettingError(sentence)
        return value

    return BeforeValidator(check)


def _truth(value: object) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise SettingError(f"{value!r} is not true or false")
    return text == "true"


def object_of(value: object, example: str) -> Mapping[str, object]:
    """An object, as cdk.json has it, or its JSON text, as `-c` does."""
    try:
        given = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        given = None
    if not isinstance(given, Mapping):
        raise SettingError(f"{value!r} is no object of names and values such as {example}")
    return given


MOST_TAGS = 40
_TAG = r"[\w .:/=+@-]"


def tags(value: object) -> Mapping[str, str]:
    """https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"""
    given = {str(name): str(text) for name, text in object_of(value, '{"team": "search"}').items()}
    for name, text in given.items():
        if not re.fullmatch(f"{_TAG}{{1,128}}", name) or not re.fullmatch(f"{_TAG}{{0,256}}", text):
            raise SettingError(f"{name!r}: {text!r} is no tag: letters, digits and _.:/=+@- alone")
        if name.lower().startswith("aws:"):
            raise SettingError(f"{name!r} is no tag of yours: names with aws: are AWS's own")
    if len(given) > MOST_TAGS:
        raise SettingError(
            f"{len(given)} tags are more than {MOST_TAGS}: AWS takes 50, the stack adds its own"
        )
    if len({name.casefold() for name in given}) < len(given):
        raise SettingError("two tags differ only in capital letters, which IAM takes for one")
    short(json.dumps(given), TOLD_AT_MOST)
    return given


def _or_empty(regex: str, allowed: str, most: int = MOST_TEXT) -> BeforeValidator:
    return pattern(f"{regex}|", f"{allowed}, or empty for none", most)


LANGUAGES: Mapping[str, str] = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en":
    "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "he": "hebrew", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id":
    "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv":
    "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""The languages whose word forms search knows, by their codes (ISO 639-1)."""


def _languages(value: object) -> str:
    codes = [code.strip().lower() for code in str(value).split(",")]
    for code in [] if codes == ["auto"] else codes:
        if code not in LANGUAGES:
            names = {name: known for known, name in LANGUAGES.items()}
            near = difflib.get_close_matches(code, [*names, *LANGUAGES], n=1)
            meant = names.get(near[0], near[0]) if near else ""
            hint = f"did you mean {meant}?" if meant else f"use auto, or {', '.join(sorted(LANGUAGES))}"
            raise SettingError(f"no word forms are known for language {code!r}: {hint}")
    return ",".join(dict.fromkeys(codes))


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_CRON = (
    ("minute", range(60), (), r""),
    ("hour", range(24), (), r""),
    ("day of the month", range(1, 32), (), r"\?|L|LW|\d+W"),
    ("month", range(1, 13), _MONTHS, r""),
    ("day of the week", range(1, 8), _WEEKDAYS, r"\?|L|\w+L|\w+#[1-5]"),
    ("year", range(1970, 2200), (), r""),
)
"""Each field with its numbers, its names and its own signs."""


def schedule(value: object) -> str:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html. Raises SettingError."""
    text = value if isinstance(value, str) else ""
    if text == "none" or re.fullmatch(r"rate\([1-9]\d{0,4} (minute|hour|day)s?\)", text, re.ASCII):
        return text
    cron = re.fullmatch(r"cron\((\S+(?: \S+){5})\)", text, re.ASCII)
    if not cron:
        allowed = "none, rate(7 days) or cron(0 3 ? * SUN *), as EventBridge Scheduler writes them"
        raise SettingError(f"{value!r} is not {allowed}")
    fields = cron[1].split(" ")
    for field, (what, numbers, names, signs) in zip(fields, _CRON, strict=True):
        for part in re.split("[,/-]", field):
            is_number = re.fullmatch("[0-9]{1,4}", part) and int(part) in numbers
            is_name = part.upper() in (*names, "*") or re.fullmatch(signs, part.upper())
            if not part or not (is_number or is_name):
                raise SettingError(f"{value!r}: {part!r} is no {what} (in the field {field!r})")
    if (fields[2] == "?") == (fields[4] == "?"):
        raise SettingError(f"{value!r}: one of the day of the month and the day of the week must be ?")
    return short(text, 256)


Truth = Annotated[bool, BeforeValidator(_truth)]
TrainingInstance = Annotated[str, instance("training")]
ProcessingInstance = Annotated[str, instance("processing")]
EndpointInstance = Annotated[str, instance("endpoint", or_default=True)]
Email = Annotated[str, _or_empty(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]
Languages = Annotated[str, BeforeValidator(_languages)]
StackName = Annotated[
    str, pattern(r"[A-Za-z][A-Za-z0-9-]{0,127}", "a stack name: a letter, then letters, digits and hyphens")
]
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DomainName = Annotated[
    str, _or_empty(rf"({_LABEL}\.)+[a-z]{{2,63}}", "a domain name such as search.example.com")
]
_ORIGIN = rf"(https://{_LABEL}(\.{_LABEL})+|http://localhost)(:\d{{1,5}})?"
Origins = Annotated[
    str,
    _or_empty(
        rf"{_ORIGIN}(,{_ORIGIN})*",
        "origins of pages with commas, such as https://shop.example.com",
        TOLD_AT_MOST,
    ),
]
Site = Annotated[str, _or_empty(r"https://[\w.-]+(:\d{1,5})?(/[\w./~-]*)?", "the https:// address of a site")]
Certificate = Annotated[
    str, _or_empty(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/\S+", "the ARN of an ACM certificate")
]
WebAcl = Annotated[
    str,
    _or_empty(
        r"arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional/webacl/\S+", "the ARN of a regional WAF web ACL"
    ),
]
Subnets = Annotated[
    str,
    ids(r"subnet-[0-9a-f]{8,17}", "ids of subnets with commas, such as subnet-0123456789abcdef0", 16),
]
SecurityGroups = Annotated[
    str,
    ids(r"sg-[0-9a-f]{8,17}", "ids of security groups with commas, such as sg-0123456789abcdef0", 5),
]
KmsKey = Annotated[str, _or_empty(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/\S+", "the ARN of a KMS key")]
Image = Annotated[
    str,
    _or_empty(
        r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+"
        r"(:[\w.-]+|@sha256:[0-9a-f]{64})",
        "an image of a private registry, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/name:tag",
    ),
]
Schedule = Annotated[str, BeforeValidator(schedule)]


def hyperparameters(value: object) -> Mapping[str, str]:
    """The hyperparameters as SageMaker's texts, from an object (cdk.json) or its JSON text (`-c`).

    The data decide whether a catalogue is trained on or pairs, so what either takes will do; what AWS's own
    image takes is a question of the algorithm too (`combinations.py`). Raises SettingError."""
    texts = {name: _text(given) for name, given in object_of(value, '{"epochs": 10}').items()}
    try:
        check_either(texts)
    except HyperparameterError as error:
        raise SettingError(str(error)) from error
    short(json.dumps(texts), 2_500)
    return texts


def event_weights(value: object) -> str:
    """The weights by event type in the form that functions and jobs read: JSON, '' for none given.
    Raises SettingError."""
    given = object_of({} if value == "" else value, '{"view": 0.1}')
    try:
        checked_setting(given)
    except EventWeightsError as error:
        raise SettingError(str(error)) from error
    return short(json.dumps(dict(given), sort_keys=True), TOLD_AT_MOST) if given else ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
