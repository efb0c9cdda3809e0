"""When AWS stops patching what the stack runs on: said at synth from a quarter of a year before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from stacks.images import TRAINING
from stacks.settings import StackSettings

NOTICE = timedelta(days=90)


@dataclass(frozen=True)
class Support:
    """Something that AWS patches until a day."""

    what: str
    until: date
    instead: str


TRAINING_IMAGE = Support(
    f"AWS's training image PyTorch {TRAINING}",
    date(2027, 9, 28),
    "move stacks/images.py to a later one, or set training_image to a copy that you patch",
)
"""https://github.com/aws/deep-learning-containers, `eop` of pytorch/2.14-cpu-sagemaker.yml in docs/src/data.
"""
FUNCTIONS = Support(
    "Lambda's runtime Python 3.13",
    date(2029, 6, 30),
    "move stacks/functions.py and stacks/wheels.py to a later one",
)
"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""


def ending_soon(today: date, settings: StackSettings) -> Iterator[str]:
    """A sentence for each that ends within the notice, or has ended."""
    for support in (FUNCTIONS,) if settings.training_image else (TRAINING_IMAGE, FUNCTIONS):
        if today >= support.until - NOTICE:
            end = "ended" if today > support.until else "end"
            yield f"{support.what}: AWS's patches {end} on {support.until}; {support.instead}"
