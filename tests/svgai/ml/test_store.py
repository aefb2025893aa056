"""Only good models are ever in use: what is broken, foreign or wrong is refused, and the last good ones stay."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from svgai.ml.errors import ModelFailed, ModelsRefused
from svgai.ml.features import NAMES
from svgai.ml.metadata import (
    FILE,
    Golden,
    Metadata,
    Role,
    Score,
    columns_of,
    read_metadata,
    sha256_of,
    write_metadata,
)
from svgai.ml.store import Store, load
from tests.svgai.ml.models import SIMPLE, furnish, onnx_bytes, put, rewrite

ONE = np.full((1, len(NAMES)), 0.5, np.float32)


def test_good_models_answer(tmp_path):
    furnish(tmp_path)
    models = load(tmp_path)
    assert models is not None
    assert models.versions == {"classifier": "1", "predictor": "1"}
    assert models.by_role[Role.CLASSIFIER].answer(ONE) == pytest.approx(np.array([SIMPLE]), abs=1e-6)
    assert models.by_role[Role.CLASSIFIER].answer(np.repeat(ONE, 7, axis=0)).shape == (7, 4)


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_models_has_none_and_that_is_no_fault(tmp_path, exists):
    folder = tmp_path if exists else tmp_path / "nowhere"
    assert load(folder) is None
    store = Store(folder)
    assert store.models is None
    assert store.reason == "there are no models"


def test_what_is_written_is_read_again(tmp_path):
    metadata = furnish(tmp_path)
    again = read_metadata((tmp_path / FILE).read_bytes())
    assert json.loads(json.dumps(again.made)) == metadata.made
    assert [each.sha256 for each in again.models] == [each.sha256 for each in metadata.models]
    assert again.models[1].columns == columns_of(Role.PREDICTOR)
    write_metadata(tmp_path, again)
    assert read_metadata((tmp_path / FILE).read_bytes()) == again


def corrupt(folder, metadata):
    data = bytearray((folder / "classifier.onnx").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "classifier.onnx").write_bytes(data)


def truncate(folder, metadata):
    (folder / "classifier.onnx").write_bytes((folder / "classifier.onnx").read_bytes()[:-20])


def truncate_with_its_sha(folder, metadata):
    data = (folder / "classifier.onnx").read_bytes()[:-20]
    (folder / "classifier.onnx").write_bytes(data)
    rewrite(folder, metadata, sha256=sha256_of(data))


def say_another_sha(folder, metadata):
    rewrite(folder, metadata, sha256="0" * 64)


def answer_nan(folder, metadata):
    data = onnx_bytes([float("nan"), *SIMPLE[1:]])
    (folder / "classifier.onnx").write_bytes(data)
    rewrite(folder, metadata, sha256=sha256_of(data), golden=Golden([[0.5] * len(NAMES)], [[float("nan")] * 4]))


def answer_otherwise(folder, metadata):
    data = onnx_bytes([0.1, 0.9, 0.0, 0.0])
    (folder / "classifier.onnx").write_bytes(data)
    rewrite(folder, metadata, sha256=sha256_of(data))


def answer_too_little(folder, metadata):
    data = onnx_bytes([0.5, 0.5])
    (folder / "classifier.onnx").write_bytes(data)
    rewrite(folder, metadata, sha256=sha256_of(data))


def have_no_golden_inputs(folder, metadata):
    rewrite(folder, metadata, golden=Golden([], []))


def be_gone(folder, metadata):
    (folder / "classifier.onnx").unlink()


def be_no_model(folder, metadata):
    (folder / "classifier.onnx").write_bytes(b"x" * 100)
    rewrite(folder, metadata, sha256=sha256_of(b"x" * 100))


def be_elsewhere(folder, metadata):
    rewrite(folder, metadata, file="../classifier.onnx")


def be_of_other_features(folder, metadata):
    write_metadata(folder, replace(metadata, feature_version=99))


def be_of_fewer_features(folder, metadata):
    write_metadata(folder, replace(metadata, feature_names=NAMES[:-1]))


def be_of_other_methods(folder, metadata):
    rewrite(folder, metadata, 1, columns=columns_of(Role.PREDICTOR)[4:])


def be_of_another_format(folder, metadata):
    facts = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps({**facts, "format": 99}))


def break_the_metadata(folder, metadata):
    (folder / FILE).write_text((folder / FILE).read_text()[:-100])


def lack_something(folder, metadata):
    facts = json.loads((folder / FILE).read_text())
    del facts["models"][0]["golden"]
    (folder / FILE).write_text(json.dumps(facts))


FAULTS = {
    corrupt: "sha256",
    truncate: "sha256",
    truncate_with_its_sha: "no model that can be used",
    say_another_sha: "sha256",
    answer_nan: "numbers that are none",
    answer_otherwise: "misses its golden outputs by 0.89",
    answer_too_little: r"gave \(2, 2\) numbers",
    have_no_golden_inputs: "no golden inputs",
    be_gone: "missing",
    be_no_model: "no model that can be used",
    be_elsewhere: "no file's name",
    be_of_other_features: "version 99 of the features",
    be_of_fewer_features: "train them again",
    be_of_other_methods: "other columns",
    be_of_another_format: "format 99",
    break_the_metadata: "metadata.json is broken",
    lack_something: "metadata.json is broken",
}


@pytest.mark.parametrize("break_it", FAULTS, ids=lambda fault: fault.__name__)
def test_bad_models_are_refused_and_the_last_good_ones_stay(tmp_path, break_it):
    metadata = furnish(tmp_path)
    store = Store(tmp_path)
    good = store.models
    assert good is not None
    break_it(tmp_path, metadata)
    with pytest.raises(ModelsRefused, match=FAULTS[break_it]):
        load(tmp_path)
    assert not store.refresh()
    assert store.models is good
    assert store.reason
    assert good.by_role[Role.CLASSIFIER].answer(ONE).argmax() == 0


@pytest.mark.parametrize("break_it", FAULTS, ids=lambda fault: fault.__name__)
def test_bad_models_are_not_taken_at_the_start_either(tmp_path, break_it):
    break_it(tmp_path, furnish(tmp_path))
    store = Store(tmp_path)
    assert store.models is None
    assert store.reason


def test_newer_good_models_take_the_place_of_the_old_and_bad_ones_are_healed(tmp_path):
    furnish(tmp_path)
    store = Store(tmp_path)
    assert store.models.versions["classifier"] == "1"
    assert not store.refresh(), "nothing changed"
    metadata = furnish(tmp_path, version="2")
    assert store.refresh()
    assert store.models.versions["classifier"] == "2"
    truncate(tmp_path, metadata)
    assert not store.refresh()
    assert store.models.versions["classifier"] == "2"
    furnish(tmp_path, version="3")
    assert store.refresh()
    assert (store.models.versions["classifier"], store.reason) == ("3", "")


def test_models_that_were_taken_away_are_no_longer_used(tmp_path):
    furnish(tmp_path)
    store = Store(tmp_path)
    assert store.models is not None
    (tmp_path / FILE).unlink()
    assert store.refresh()
    assert (store.models, store.reason) == (None, "there are no models")


def test_a_model_that_fails_when_asked_says_so(tmp_path):
    furnish(tmp_path)
    model = load(tmp_path).by_role[Role.CLASSIFIER]
    with pytest.raises(ModelFailed, match="numbers that are none"):
        replace(model, run=lambda _: np.full((1, 4), np.inf, np.float32)).answer(ONE)
    with pytest.raises(ModelFailed, match="classifier failed"):
        model.answer(ONE[:, :-1])


def test_roles_may_have_names_of_the_operators(tmp_path):
    entries = (
        put(tmp_path, Role.CLASSIFIER, SIMPLE, name="type-net"),
        put(tmp_path, Role.CLASSIFIER, SIMPLE, name="unused"),
    )
    write_metadata(tmp_path, Metadata(entries))
    assert load(tmp_path).versions == {}
    assert load(tmp_path, {Role.CLASSIFIER: "type-net"}).versions == {"classifier": "1"}


def test_a_file_that_may_not_be_read_is_a_reason(tmp_path, monkeypatch):
    furnish(tmp_path)
    (tmp_path / "classifier.onnx").unlink()
    (tmp_path / "classifier.onnx").mkdir()
    with pytest.raises(ModelsRefused, match="cannot be read"):
        load(tmp_path)


def test_a_model_too_large_to_be_ours_is_not_even_read(tmp_path):
    furnish(tmp_path)
    os.truncate(tmp_path / "classifier.onnx", 65 * 1024 * 1024)
    with pytest.raises(ModelsRefused, match="more than 67,108,864 bytes"):
        load(tmp_path)


def test_an_entry_keeps_all_its_figures(tmp_path):
    entry = put(tmp_path, Role.ROUTER, [0.0, 1.0, 0.0, 0.0])
    entry = replace(entry, score=Score("regret", -0.001, -0.0011), metrics={"table": [1, 2]}, card="router.md")
    write_metadata(tmp_path, Metadata((entry,)))
    (again,) = read_metadata((tmp_path / FILE).read_bytes()).models
    assert (again.score, again.metrics, again.card) == (entry.score, entry.metrics, entry.card)
