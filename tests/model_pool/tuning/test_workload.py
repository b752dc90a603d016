from __future__ import annotations

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.errors import LanguageUnsupported
from model_pool.tokenization import load_tokenizer
from model_pool.tuning.texts import languages, made_of_pieces, sentences
from model_pool.tuning.workload import Pair, Workload, choose_pair, workload
from model_pool.types import DecodeOptions

EN_PT = Pair("en", "pt")


@pytest.fixture
def checkpoint(catalog: Catalog) -> Checkpoint:
    return catalog.resolve("embedded/en-pt")


def load_of(checkpoint: Checkpoint, *, waiting: int = 8, given: tuple[str, ...] = ()) -> Workload:
    tokenizer = load_tokenizer(checkpoint.path, checkpoint.manifest)
    return workload(checkpoint, tokenizer, EN_PT, options=DecodeOptions(), waiting=waiting, given=given)


@pytest.mark.parametrize("language", languages())
def test_sentences_of_the_package_are_distinct_and_of_varied_length(language: str) -> None:
    found = sentences(language)
    lengths = [len(one.split()) for one in found]
    assert len(set(found)) == len(found) == 600
    assert found == sentences(language)
    assert min(lengths) < 12
    assert max(lengths) > 30


def test_text_can_be_made_of_a_checkpoints_own_pieces(checkpoint: Checkpoint) -> None:
    tokenizer = load_tokenizer(checkpoint.path, checkpoint.manifest)
    lengths = [tokenizer.count(text) for text in made_of_pieces(checkpoint)]
    assert len(lengths) == 600
    assert min(lengths) < 20
    assert max(lengths) > 30


def test_pair_is_one_that_the_package_has_text_in(checkpoint: Checkpoint) -> None:
    assert choose_pair(checkpoint.manifest) == EN_PT
    update = {"sources": {"af": "", "pt": ""}, "targets": {"af": "", "pt": ""}}
    many = checkpoint.manifest.model_copy(update=update)
    assert choose_pair(many) == Pair("pt", "af")
    assert choose_pair(many, "af") == Pair("af", "pt")


def test_pair_that_the_checkpoint_does_not_speak_is_refused(checkpoint: Checkpoint) -> None:
    with pytest.raises(LanguageUnsupported, match="Sources: en"):
        choose_pair(checkpoint.manifest, "pt")


def test_what_is_translated_is_said(checkpoint: Checkpoint) -> None:
    assert load_of(checkpoint).said == "the package's sentences in en"
    assert load_of(checkpoint, given=("One.", "Two.")).said == "2 given sentences"


def test_unknown_language_gets_text_of_pieces(checkpoint: Checkpoint) -> None:
    manifest = checkpoint.manifest.model_copy(update={"sources": {"xx": ""}})
    foreign = Checkpoint(checkpoint.reference, checkpoint.path, manifest, checkpoint.digest)
    tokenizer = load_tokenizer(foreign.path, manifest)
    load = workload(foreign, tokenizer, Pair("xx", "pt"), options=DecodeOptions(), waiting=4)
    assert "pieces of its xx vocabulary" in load.said


def test_texts_that_do_not_fit_are_left_out_and_there_are_never_more_callers_than_texts(checkpoint: Checkpoint) -> None:
    load = load_of(checkpoint, waiting=64, given=("Short.", "word " * 600, "Also short."))
    assert sorted(load.texts) == ["Also short.", "Short."]
    assert load.waiting == 2
    with pytest.raises(LanguageUnsupported, match="shorter"):
        load_of(checkpoint, given=("word " * 600,))
