"""The state of a training after each epoch: an interrupted one (on a spot instance, say) goes on from it.

SageMaker copies /opt/ml/checkpoints to S3 as it changes and back before a restart
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html).
"""

from pathlib import Path
from typing import Any

import torch

FILE = "training.pt"


def save_checkpoint(folder: Path, identity: str, state: dict[str, Any]) -> None:
    """Replaces the checkpoint in one step; a kill in between leaves the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{FILE}"
    torch.save({"identity": identity, **state}, scratch)
    scratch.replace(folder / FILE)


def load_checkpoint(folder: Path, identity: str) -> tuple[dict[str, Any] | None, str]:
    """The state to go on from, if it belongs to these data and settings, and a line about it for the log."""
    path = folder / FILE
    if not path.is_file():
        return None, ""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises any kind of error here; a broken file must not stop a restart
        return None, f"{path} cannot be read ({type(error).__name__}): training starts anew"
    if state.get("identity") != identity:
        return None, f"{path} belongs to other data or settings: training starts anew"
    return state, f"goes on after epoch {state['epoch']} from {path}"
