"""Converts LightGBM's trees into the forest that is served."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from object2vec.ranker.forest import MAX_LEAVES, Forest

_EVERY_LEAF = (1 << MAX_LEAVES) - 1


def forest_of(model: Mapping[str, Any]) -> Forest:
    """The forest of `Booster.dump_model()`, which may have numeric splits only.

    https://lightgbm.readthedocs.io/en/stable/pythonapi/lightgbm.Booster.html#lightgbm.Booster.dump_model
    """
    nodes: list[tuple[int, int, np.float32, bool, int]] = []
    leaves = np.zeros((len(model["tree_info"]), MAX_LEAVES), np.float32)
    for number, tree in enumerate(model["tree_info"]):
        values: list[float] = []
        _walk(tree["tree_structure"], number, nodes, values)
        leaves[number, : len(values)] = values
    tree, feature, threshold, nan_left, mask = zip(*nodes, strict=True) if nodes else ([], [], [], [], [])
    return Forest(
        features=tuple(model["feature_names"]),
        node_tree=np.array(tree, np.int32),
        node_feature=np.array(feature, np.int32),
        node_threshold=np.array(threshold, np.float32),
        node_nan_left=np.array(nan_left, np.bool_),
        node_mask=np.array(mask, np.uint16),
        leaves=leaves,
    )


def _walk(
    node: Mapping[str, Any],
    tree: int,
    nodes: list[tuple[int, int, np.float32, bool, int]],
    values: list[float],
) -> None:
    """Numbers the leaves from left to right."""
    if "leaf_value" in node:
        values.append(node["leaf_value"])
        return
    first = len(values)
    _walk(node["left_child"], tree, nodes, values)
    cleared = (1 << len(values)) - (1 << first)
    nan_left = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
    nodes.append((tree, node["split_feature"], _below(node["threshold"]), nan_left, _EVERY_LEAF & ~cleared))
    _walk(node["right_child"], tree, nodes, values)


def _below(threshold: float) -> np.float32:
    """The greatest float32 not above the threshold: a float32 value is ≤ both or neither."""
    with np.errstate(over="ignore"):  # "everything goes left" is the greatest float64
        rounded = np.float32(threshold)
    return rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf))
