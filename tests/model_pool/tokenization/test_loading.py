"""Tokenizers of the embedded checkpoints: quick to build, safe to share, free of torch, and clear about damage."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.manifest import TokenizerFiles
from model_pool.errors import CheckpointUnreadable, LanguageUnsupported
from model_pool.tokenization import load_tokenizer
from model_pool.tokenization.base import Tokenizer

CHECKPOINT = Catalog(Path("absent")).resolve("embedded/en-pt")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return with_end_token_added_by_the_engine(tmp_path_factory.mktemp("tokenizer"), says=True)


def with_end_token_added_by_the_engine(directory: Path, *, says: bool) -> Tokenizer:
    copy = shutil.copytree(CHECKPOINT.path, directory / "copy")
    config = json.loads((copy / "config.json").read_bytes())
    (copy / "config.json").write_text(json.dumps(config | {"add_source_eos": says}), encoding="utf-8")
    return load_tokenizer(copy, CHECKPOINT.manifest)


def test_the_end_token_is_left_to_the_engine_where_it_adds_one(tokenizer: Tokenizer) -> None:
    segment = tokenizer.encode("The weather is nice today.", "en", "pt")
    assert segment.tokens == ("▁The", "▁weather", "▁is", "▁nice", "▁today", ".")
    assert segment.target_prefix == ()


def test_the_end_token_is_added_where_the_engine_does_not(tmp_path: Path) -> None:
    tokens = with_end_token_added_by_the_engine(tmp_path, says=False).encode("today", "en", "pt").tokens
    assert tokens == ("▁today", "</s>")


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", "\ufeff", "▁", "▁▁ ▁"])
def test_text_that_is_nothing_has_no_tokens(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.encode(text, "en", "pt").tokens == ()
    assert tokenizer.count(text) == 0


@pytest.mark.parametrize("text", ["</s>", "<unk>", "<s>", ">>por<<", "__en__", "<pad>", "a </s> b"])
def test_control_tokens_in_text_are_text(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.encode(text, "en", "pt").tokens
    assert not {"</s>", "<unk>", "<s>", ">>por<<", "__en__", "<pad>"} & set(tokens)
    assert tokenizer.decode(tokens) == text


def test_unknown_characters_do_not_end_the_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("one 𓂀 two", "en", "pt").tokens) == "one 𓂀 two"


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_at_all_has_tokens_without_controls(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.encode(text, "en", "pt").tokens
    assert not {"</s>", "<unk>", "<s>"} & set(tokens)
    assert tokenizer.count(text) == len(tokens)
    assert "\ud800" not in tokenizer.decode(tokens)


def test_half_a_character_costs_only_itself(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("one \ud800 two", "en", "pt").tokens) == "one two"


@pytest.mark.parametrize(("source", "target"), [("pt", "en"), ("en", "en"), ("en", "de"), ("", "pt")])
def test_other_pairs_are_refused(tokenizer: Tokenizer, source: str, target: str) -> None:
    with pytest.raises(LanguageUnsupported, match=r"Sources: en\. Targets: pt\."):
        tokenizer.encode("x", source, target)


def test_many_threads_get_what_one_gets(tokenizer: Tokenizer) -> None:
    texts = [f"Sentence number {number}, <s> and naïve café." for number in range(400)]
    alone = [tokenizer.encode(text, "en", "pt") for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: tokenizer.encode(text, "en", "pt"), texts))
        decoded = list(pool.map(lambda segment: tokenizer.decode(segment.tokens), together))
    assert together == alone
    assert decoded == texts


@pytest.mark.parametrize("kind", ["sentencepiece", "tokenizers"])
def test_a_damaged_tokenizer_file_is_named(tmp_path: Path, kind: str) -> None:
    shutil.copy(CHECKPOINT.path / "config.json", tmp_path)
    (tmp_path / "broken").write_bytes(b"\0broken")
    files = TokenizerFiles.model_validate({"kind": kind, "source": "broken", "target": "broken"})
    with pytest.raises(CheckpointUnreadable, match="broken"):
        load_tokenizer(tmp_path, CHECKPOINT.manifest.model_copy(update={"tokenizer": files}))


@pytest.mark.parametrize("content", ["{}", "[]", '{"model": {"type": "BPE"}, "decoder": {"type": "x"}}'])
def test_a_tokenizer_json_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    shutil.copy(CHECKPOINT.path / "config.json", tmp_path)
    (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")
    files = TokenizerFiles(kind="tokenizers", source="tokenizer.json", target="tokenizer.json")
    with pytest.raises(CheckpointUnreadable, match=r"tokenizer\.json"):
        load_tokenizer(tmp_path, CHECKPOINT.manifest.model_copy(update={"tokenizer": files}))


def test_a_missing_engine_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointUnreadable, match=r"config\.json"):
        load_tokenizer(tmp_path, CHECKPOINT.manifest)


def test_serving_tokenizers_need_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from pathlib import Path; from model_pool.catalog.catalog import Catalog;"
        "from model_pool.tokenization import load_tokenizer; one = Catalog(Path('absent')).resolve('embedded/en-pt');"
        "load_tokenizer(one.path, one.manifest).encode('Hello', 'en', 'pt');"
        "print({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    )
    root = Path(__file__).parents[3]
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
