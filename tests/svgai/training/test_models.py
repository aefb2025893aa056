"""Trees and networks: what they learn, and that every format of them says the same."""

import numpy as np
import pytest

from svgai.ml.features import NAMES
from svgai.ml.likeness import told
from svgai.training.blends import Blend
from svgai.training.finishing import LOG_SECONDS, as_lack, predictions_of
from svgai.training.forests import LEAF, Forest, Growth, Lesson, Tree, grow_classes, grow_each
from svgai.training.networks import Practice, train_networks
from svgai.training.outcomes import BASE, FALLS, METHODS, PARTS, Outcomes

torch = pytest.importorskip("torch", reason="the extra ai")
lightgbm = pytest.importorskip("lightgbm", reason="the extra ai")

RNG = np.random.default_rng(4)
FEATURES = RNG.normal(size=(300, len(NAMES))).astype(np.float32)
TARGET = np.where(FEATURES[:, 0] > 0.2, 1.0, 0.0).astype(np.float32) + 0.5 * np.sign(FEATURES[:, 1])
KINDS = np.digitize(FEATURES[:, 2], (-0.4, 0.4))


def stump():
    """At most 2 in feature 1: 10, else 20; for the second of two outputs."""
    return Tree(
        np.array([1, LEAF, LEAF]),
        np.array([2, 0, 0], np.float32),
        np.array([1, 0, 0]),
        np.array([2, 0, 0]),
        np.array([0, 10, 20], np.float32),
        1,
    )


def test_a_tree_asks_and_answers():
    forest = Forest([stump(), stump()], np.array([0.5, 1], np.float32))
    outputs = forest.outputs(np.array([[0, 2], [0, 2.001]], np.float32))

    assert outputs.tolist() == [[0.5, 21], [0.5, 41]]


def test_a_forest_can_be_scaled_and_moved():
    features = np.array([[0, 2], [0, 3]], np.float32)
    forest = Forest([stump()], np.array([1, 1], np.float32))
    moved = forest.shifted(np.array([1, 0.5], np.float32), np.array([0, 3], np.float32))

    assert np.allclose(moved.outputs(features), forest.outputs(features) * [1, 0.5] + [0, 3])


@pytest.mark.parametrize("growth", [Growth(trees=20), Growth(trees=20, is_bagged=True)], ids=["boosted", "bagged"])
@pytest.mark.parametrize("objective", ["l2", "l1", "quantile", "huber"])
def test_a_forest_says_what_lightgbm_says(growth, objective):
    settings = growth.settings(1, objective=objective, alpha=0.9)
    booster = lightgbm.train(settings, lightgbm.Dataset(FEATURES, TARGET), growth.trees)
    forest = grow_each(FEATURES, [Lesson(TARGET, {"objective": objective, "alpha": 0.9})], growth, 1)

    assert np.abs(forest.outputs(FEATURES)[:, 0] - booster.predict(FEATURES)).max() < 1e-5


def test_classes_are_learned():
    forest = grow_classes(FEATURES, KINDS, 3, Growth(trees=40), 1)

    assert (forest.outputs(FEATURES).argmax(axis=1) == KINDS).mean() > 0.95


def test_pictures_without_a_target_are_left_out():
    target = TARGET.copy()
    target[::2] = np.nan
    forest = grow_each(FEATURES, [Lesson(target, {"objective": "l2"})], Growth(trees=60), 1)

    assert np.abs(forest.outputs(FEATURES)[:, 0] - TARGET).mean() < 0.15


def network(seed=1):
    truth = torch.from_numpy(TARGET)[:, None]

    def loss(outputs, places):
        return ((outputs - truth[places]) ** 2).mean()

    return train_networks(FEATURES, 1, loss, Practice(networks=2, width=32, epochs=40), seed)


def test_networks_learn_and_the_same_seed_gives_the_same():
    outputs = network().outputs(FEATURES)

    assert np.abs(outputs[:, 0] - TARGET).mean() < 0.2
    assert np.array_equal(outputs, network().outputs(FEATURES))
    assert not np.array_equal(outputs, network(2).outputs(FEATURES))


def test_a_network_gives_no_strange_answer_to_strange_features():
    strange = np.full((1, len(NAMES)), 1e6, np.float32)
    learned = network()

    assert np.isfinite(learned.outputs(strange)).all()
    assert abs(float(learned.outputs(strange)[0, 0])) < 100


@pytest.mark.parametrize(
    "model",
    [
        lambda: grow_each(FEATURES, [Lesson(TARGET, {"objective": "l2"})] * 2, Growth(trees=15), 1),
        lambda: network().shifted(np.array([2], np.float32), np.array([1], np.float32)),
        lambda: Outcomes(parts()).shifted(np.full(16, 3, np.float32), np.linspace(0, 1, 16).astype(np.float32)),
    ],
    ids=["forest", "network", "outcomes"],
)
def test_onnx_and_torch_say_what_the_model_says(model):
    onnx = pytest.importorskip("onnx", reason="the extra ai")
    runtime = pytest.importorskip("onnxruntime")
    model = model()
    nodes, tensors = model.nodes("features", "answers")
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "test",
        [value("features", onnx.TensorProto.FLOAT, ["n", len(NAMES)])],
        [value("answers", onnx.TensorProto.FLOAT, ["n", model.columns])],
        tensors,
    )
    opsets = [onnx.helper.make_opsetid("", 18), onnx.helper.make_opsetid("ai.onnx.ml", 3)]
    file = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9)
    session = runtime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"])
    # On a threshold itself is where formats disagree.
    inputs = np.concatenate([FEATURES, np.repeat(FEATURES[:1], 300, axis=0)])
    inputs[300:, :] = np.sort(FEATURES, axis=0)
    truth = model.outputs(inputs)

    assert np.abs(session.run(None, {"features": inputs})[0] - truth).max() < 1e-4
    with torch.no_grad():
        assert np.abs(model.module().eval()(torch.from_numpy(inputs)).numpy() - truth).max() < 1e-4


def test_a_blend_says_the_mean_of_what_its_parts_say():
    tree = Forest([stump()], np.array([1, 1], np.float32))
    other = Forest([], np.array([3, 5], np.float32))
    features = np.array([[0, 2], [0, 3]], np.float32)
    blend = Blend([tree, other])
    moved = blend.shifted(np.array([1, 2], np.float32), np.array([4, 0], np.float32))

    assert blend.outputs(features).tolist() == [[2, 8], [2, 13]]
    assert moved.outputs(features).tolist() == [[6, 16], [6, 26]]
    assert blend.columns == 2


def parts():
    """A network of the parts that outcomes are put together from."""

    def loss(outputs, places):
        return ((outputs - torch.from_numpy(TARGET)[places, None]) ** 2).mean()

    return train_networks(FEATURES, METHODS * PARTS, loss, Practice(networks=2, width=32, epochs=2), 1)


def learned(parts):
    """A model that says the same of every picture, methods x parts."""
    return Forest([], np.asarray(parts, np.float32).ravel())


def qualities(model, lost):
    features = np.zeros((len(lost), len(NAMES)), np.float32)
    features[:, NAMES.index("tried_lost")] = [told(each) for each in lost]
    return predictions_of(model.outputs(features)).reshape(len(lost), METHODS, -1)


def test_who_has_learned_nothing_foretells_what_was_tried():
    lost = np.array([0, 0.05, 0.3], np.float32)
    found = qualities(Outcomes(learned(np.zeros((METHODS, PARTS)))), lost)

    wanted = np.broadcast_to(1 - lost[:, None, None], found[..., :LOG_SECONDS].shape)
    assert found[..., :LOG_SECONDS] == pytest.approx(wanted, abs=1e-5)
    assert (found[..., LOG_SECONDS] == 0).all()


def test_a_method_reaches_what_it_draws_or_what_the_baseline_does():
    each = np.zeros((METHODS, PARTS))
    each[0, [0, FALLS]] = -2, -40
    each[1, [0, FALLS]] = -2, 40
    each[2, [0, FALLS]] = -2, 0
    assert BASE == 3
    ((own, fallen, maybe, base),) = qualities(Outcomes(learned(each)), [0.5])[..., 0]

    assert own == pytest.approx(1.001 - 0.501 * np.exp(-2), abs=1e-4)
    assert fallen == pytest.approx(base, abs=1e-5)
    assert as_lack(maybe) == pytest.approx((as_lack(own) + as_lack(base)) / 2, abs=1e-4)


def test_no_method_is_foretold_to_do_worse_than_the_baseline():
    each = np.random.default_rng(5).normal(size=(METHODS, PARTS)) * 3
    found = qualities(Outcomes(learned(each)), np.linspace(0, 1, 9))[..., 0]

    assert (found >= found[:, BASE:] - 1e-6).all()


def test_what_is_put_together_can_be_moved():
    features = np.full((1, len(NAMES)), 2.5, np.float32)
    scale, shift = np.full(16, 2, np.float32), np.full(16, 1, np.float32)
    model = Outcomes(learned(np.linspace(-1, 1, METHODS * PARTS)))

    once, twice = model.shifted(scale, shift), model.shifted(scale, shift).shifted(scale, shift)
    assert once.outputs(features) == pytest.approx(model.outputs(features) * 2 + 1, abs=1e-5)
    assert twice.outputs(features) == pytest.approx(once.outputs(features) * 2 + 1, abs=1e-5)
