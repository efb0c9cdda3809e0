"""The hyperparameters of a deployment's trainings and the weights of its events, checked at synth by the
library's own rules."""

import json
from collections.abc import Mapping

from object2vec.core.event_weights import EventWeightsError, checked_setting
from object2vec.training.hyperparameters import HyperparameterError
from object2vec.training.pairs.hyperparameters import check_either
from stacks.values import SettingError, object_of


def hyperparameters(value: object) -> Mapping[str, str]:
    """The hyperparameters as SageMaker's texts, from an object (cdk.json) or its JSON text (`-c`).

    The data decide whether a catalogue is trained on or pairs, so what either takes will do; what AWS's own
    image takes is a question of the algorithm too (`combinations.py`). Raises SettingError."""
    texts = {name: _text(given) for name, given in object_of(value, '{"epochs": 10}').items()}
    try:
        check_either(texts)
    except HyperparameterError as error:
        raise SettingError(str(error)) from error
    return texts


def event_weights(value: object) -> str:
    """The weights by event type in the form that functions and jobs read: JSON, '' for none given.
    Raises SettingError."""
    given = object_of(value or {}, '{"view": 0.1}')
    try:
        checked_setting(given)
    except EventWeightsError as error:
        raise SettingError(str(error)) from error
    return json.dumps(dict(given), sort_keys=True) if given else ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
