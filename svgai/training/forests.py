"""Forests: sums of decision trees, grown by LightGBM and kept as plain arrays that can be written to any format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svgai.training.tables import Matrix

LEAF = -1
"""The feature of a node that asks nothing more."""


@dataclass(frozen=True, eq=False)
class Tree:
    """Nodes by number, the root first; where the feature is at most the threshold it goes on to the left."""

    feature: NDArray[np.int64]
    threshold: Matrix
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Matrix
    """What a leaf adds."""
    column: int
    """To which output."""

    @property
    def depth(self) -> int:
        """Steps from the root to the farthest leaf."""
        level, deepest = {0: 0}, 0
        for node, feature in enumerate(self.feature):  # a child always has a higher number
            if feature != LEAF:
                level[int(self.left[node])] = level[int(self.right[node])] = level[node] + 1
                deepest = max(deepest, level[node] + 1)
        return deepest


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees whose leaves are added up, for each output its own."""

    trees: Sequence[Tree]
    base: Matrix
    """What each output begins with."""

    @property
    def columns(self) -> int:
        return len(self.base)

    def outputs(self, features: Matrix) -> Matrix:
        total = np.tile(self.base, (len(features), 1)).astype(np.float32)
        rows = np.arange(len(features))
        for tree in self.trees:
            node = np.zeros(len(features), np.int64)
            for _ in range(tree.depth):
                asked = tree.feature[node]
                is_left = features[rows, np.maximum(asked, 0)] <= tree.threshold[node]
                node = np.where(asked == LEAF, node, np.where(is_left, tree.left[node], tree.right[node]))
            total[:, tree.column] += tree.value[node]
        return total

    def shifted(self, scale: Matrix, shift: Matrix) -> Forest:
        trees = [_weighed(tree, float(scale[tree.column])) for tree in self.trees]
        return Forest(trees, (self.base * scale + shift).astype(np.float32))

    def nodes(self, taken: str, given: str) -> tuple[list[Any], list[Any]]:
        from onnx import helper

        facts: dict[str, list[Any]] = {name: [] for name in _ATTRIBUTES}
        for number, tree in enumerate(self.trees):
            _write(facts, number, tree)
        whole = {
            f"{'target' if name.startswith('t_') else 'nodes'}_{name.removeprefix('t_')}": facts[name] for name in facts
        }
        node = helper.make_node(
            "TreeEnsembleRegressor",
            [taken],
            [given],
            domain="ai.onnx.ml",
            n_targets=self.columns,
            base_values=self.base.tolist(),
            **whole,
        )
        return [node], []

    def module(self) -> Any:
        from svgai.training.modules import Trees

        return Trees(self)


def _weighed(tree: Tree, weight: float) -> Tree:
    return replace(tree, value=(tree.value * weight).astype(np.float32))


_ATTRIBUTES = (
    "treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
    "t_treeids", "t_nodeids", "t_ids", "t_weights",
)  # fmt: skip


def _write(facts: dict[str, list[Any]], number: int, tree: Tree) -> None:
    for node, feature in enumerate(tree.feature.tolist()):
        is_leaf = feature == LEAF
        for name, value in (
            ("treeids", number),
            ("nodeids", node),
            ("featureids", max(feature, 0)),
            ("values", float(tree.threshold[node])),
            ("modes", "LEAF" if is_leaf else "BRANCH_LEQ"),
            ("truenodeids", int(tree.left[node])),
            ("falsenodeids", int(tree.right[node])),
        ):
            facts[name].append(value)
        if is_leaf:
            for name, value in (("treeids", number), ("nodeids", node), ("ids", tree.column)):
                facts[f"t_{name}"].append(value)
            facts["t_weights"].append(float(tree.value[node]))


@dataclass(frozen=True)
class Growth:
    """How trees are grown."""

    trees: int = 200
    rate: float = 0.05
    leaves: int = 15
    least: int = 12
    """Pictures in a leaf."""
    features_part: float = 0.6
    is_bagged: bool = False
    """A random forest: each tree by itself on a part of the pictures, and their mean."""

    def settings(self, seed: int, **more: Any) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_data_in_leaf": self.least,
            "feature_fraction": self.features_part,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 1.0,
            "seed": seed,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        if self.is_bagged:
            settings |= {"boosting": "rf", "feature_fraction_bynode": 0.4, "bagging_fraction": 0.63, "lambda_l2": 0.0}
        return settings | more


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one output is to learn: numbers, and how it is wrong."""

    target: Matrix
    settings: Mapping[str, Any]
    weight: Matrix | None = None


def grow_each(features: Matrix, lessons: Sequence[Lesson], growth: Growth, seed: int) -> Forest:
    """A forest with an output for each lesson; pictures whose target is NaN are left out of it."""
    import lightgbm

    trees: list[Tree] = []
    base = []
    for column, lesson in enumerate(lessons):
        known = np.isfinite(lesson.target)
        weight = None if lesson.weight is None else lesson.weight[known]
        data = lightgbm.Dataset(features[known], lesson.target[known], weight=weight)
        booster = lightgbm.train(growth.settings(seed, **lesson.settings), data, growth.trees)
        found = [_tree(each["tree_structure"], column) for each in booster.dump_model()["tree_info"]]
        if growth.is_bagged:
            found = [_weighed(tree, 1 / len(found)) for tree in found]
        trees += found
        base.append(0.0)
    return Forest(trees, np.array(base, np.float32))


def grow_classes(features: Matrix, types: NDArray[np.int64], count: int, growth: Growth, seed: int) -> Forest:
    """A forest whose outputs become the classes' shares through a softmax."""
    import lightgbm

    settings = growth.settings(seed, objective="multiclass", num_class=count)
    booster = lightgbm.train(settings, lightgbm.Dataset(features, types), growth.trees)
    found = booster.dump_model()["tree_info"]
    trees = [_tree(each["tree_structure"], number % count) for number, each in enumerate(found)]
    if growth.is_bagged:
        trees = [_weighed(tree, count / len(found)) for tree in trees]
    return Forest(trees, np.zeros(count, np.float32))


def _tree(root: Mapping[str, Any], column: int) -> Tree:
    """LightGBM's nested nodes as arrays, in the order in which they are met, so that a child comes after its parent."""
    waiting, nodes = [root], []
    for node in waiting:  # grows while it is walked
        if "split_feature" in node:
            nodes.append((node["split_feature"], node["threshold"], len(waiting), len(waiting) + 1, 0.0))
            waiting += [node["left_child"], node["right_child"]]
        else:
            nodes.append((LEAF, 0.0, 0, 0, node["leaf_value"]))
    feature, threshold, left, right, value = zip(*nodes, strict=True)
    return Tree(
        np.array(feature, np.int64),
        _not_above(np.array(threshold, np.float64)),
        np.array(left, np.int64),
        np.array(right, np.int64),
        np.array(value, np.float32),
        column,
    )


def _not_above(threshold: NDArray[np.float64]) -> Matrix:
    """The next number of 32 bits at or below each: what is at most the one is at most the other."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float32)
