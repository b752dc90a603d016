from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import torch

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.convert import Quantization
from model_pool.catalog.manifest import read_manifest
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.pool import ModelPool
from model_pool.replica import make_spec
from model_pool.types import DecodeOptions
from model_pool.workshop.artifact import Artifact, Kind, open_artifact
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.servable import Servable
from model_pool.workshop.models.torched import Torched
from model_pool.workshop.models.trainable import Languages, Trainable, load_trainable
from model_pool.workshop.quantize.step import STEP, QuantizeOptions
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import number_pairs, tiny_trainable, tiny_words, write_trainable
from tests.model_pool.workshop.models.teaching import taught_trainable


@pytest.fixture
def model(tmp_path: Path) -> Artifact:
    return open_artifact([write_trainable(tmp_path / "model", taught_trainable())])


@pytest.fixture
def corpus(tmp_path: Path) -> Artifact:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in number_pairs(40)))
    return open_artifact([path])


def make(tmp_path: Path, options: QuantizeOptions, **inputs: Artifact) -> Artifact:
    return Workspace(tmp_path / "build").make(STEP, inputs, options).artifact


@pytest.mark.parametrize("type_", list(Quantization))
def test_every_type_is_stored_as_asked_and_described(tmp_path: Path, model: Artifact, type_: Quantization) -> None:
    made = make(tmp_path, QuantizeOptions(type=type_), model=model)
    manifest = read_manifest(made.path)
    assert made.kind is Kind.SERVABLE
    assert manifest.quantization == ("int8_float32" if type_ is Quantization.INT8 else type_)
    assert (manifest.name, list(manifest.sources), list(manifest.targets)) == ("en-pt", ["en"], ["pt"])
    assert {path.name for path in made.path.iterdir()} == {*manifest.files, "manifest.json", "artifact.json"}


async def test_result_serves_in_the_pool_and_says_what_the_trained_model_says(tmp_path: Path, model: Artifact) -> None:
    made = make(tmp_path, QuantizeOptions(type=Quantization.FLOAT32), model=model)
    texts = [source for source, _ in number_pairs(8)]
    expected = [output.text for output in Torched(load_trainable(model.path), Running()).translate(texts)]
    checkpoint = Catalog(tmp_path / "data").resolve(str(made.path))
    checkpoint.verify()
    loader = CTranslate2Loader()
    pool = ModelPool([loader])
    try:
        async with pool.lease(make_spec(loader, checkpoint)) as lease:
            served = await pool.translate(lease, texts, source="en", target="pt", options=DecodeOptions())
    finally:
        await asyncio.wait_for(pool.close(), 30)
    assert [translation.text for translation in served] == expected


def test_manifest_tells_the_lineage(tmp_path: Path, model: Artifact) -> None:
    made = make(tmp_path, QuantizeOptions(type=Quantization.INT16, license="MPL-2.0", text="A test."), model=model)
    manifest = read_manifest(made.path)
    assert (manifest.license, manifest.description) == ("MPL-2.0", "A test.")
    assert manifest.lineage.parents == (model.digest,)
    assert manifest.lineage.recipe["options"]["type"] == "int16"
    assert set(manifest.lineage.versions) >= {"ctranslate2", "transformers", "torch"}


def test_test_scores_the_loss_against_float_and_the_conversion_against_transformers(
    tmp_path: Path, model: Artifact, corpus: Artifact
) -> None:
    options = QuantizeOptions(samples=30, parity=10)
    lineage = make(tmp_path, options, model=model, corpus=corpus).lineage
    assert lineage is not None
    figures = lineage.figures
    assert (figures["sentences"], figures["conversion_exact"]) == (30, 1.0)
    assert figures["computed_in"] == "int8_float32"
    assert 0 < figures["against_float32"]["exact"] <= 1
    assert set(figures["references"]) == {"quantized", "float32"}
    assert figures["weights_bytes"] < figures["trained_bytes"]
    json.dumps(figures)


def test_several_targets_need_their_tags_and_have_them(tmp_path: Path) -> None:
    words = tiny_words(symbols=(">>pt<<", ">>en<<"))
    trained = tiny_trainable(words)
    both = Trainable(trained.model, words, Languages(("en", "pt"), ("pt", "en")))
    model = open_artifact([write_trainable(tmp_path / "both", both)])
    made = make(tmp_path, QuantizeOptions(type=Quantization.FLOAT32), model=model)
    assert read_manifest(made.path).targets == {"pt": ">>pt<<", "en": ">>en<<"}
    for target in ("en", "pt"):
        running = Running(source="pt" if target == "en" else "en", target=target)
        ours, theirs = Servable(made.path, running), Torched(load_trainable(model.path), running)
        assert ours.translate(["one two"]) == theirs.translate(["one two"])


def test_model_that_does_not_say_its_languages_is_told_how_to(tmp_path: Path) -> None:
    trained = tiny_trainable()
    silent = Trainable(trained.model, trained.words, Languages())
    model = open_artifact([write_trainable(tmp_path / "silent", silent)])
    with pytest.raises(RecipeInvalid, match="--sources en --targets pt"):
        make(tmp_path, QuantizeOptions(), model=model)
    made = make(tmp_path, QuantizeOptions(sources=("en",), targets=("pt",)), model=model)
    assert read_manifest(made.path).translates("en", "pt")


def test_served_and_trained_model_read_a_translation_alike(tmp_path: Path, model: Artifact) -> None:
    made = make(tmp_path, QuantizeOptions(type=Quantization.FLOAT32), model=model)
    sources, targets = zip(*number_pairs(5), strict=True)
    ours = Servable(made.path, Running()).follow(sources, targets)
    theirs = Torched(load_trainable(model.path), Running()).follow(sources, targets)
    for one, other in zip(ours, theirs, strict=True):
        assert one.tokens == other.tokens
        assert one.log_probs == pytest.approx(other.log_probs, abs=1e-4)
        assert one.attention == pytest.approx(other.attention, abs=1e-4)
        assert torch.tensor(one.attention).sum(1).allclose(torch.ones(len(one.tokens)), atol=1e-4)


def test_start_of_decoding_is_kept_where_training_has_moved_it(tmp_path: Path, model: Artifact) -> None:
    untrained = open_artifact([write_trainable(tmp_path / "untrained")])
    for artifact, kept in ((untrained, False), (model, True)):
        made = make(tmp_path, QuantizeOptions(), model=artifact)
        assert ("<pad>" in json.loads((made.path / "shared_vocabulary.json").read_text())) is kept
