from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_pool.catalog.catalog import Catalog
from model_pool.tokenization import load_tokenizer
from model_pool.tokenization.base import Tokenizer
from model_pool.tokenization.offsets import decoded_offsets, links, without_space
from tests.model_pool.tokenization.conftest import Converted

TEXT = "Olá, o ﬁm é ① 😀 {name}  日本 <s> en_XX à 5 %."


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    checkpoint = Catalog(tmp_path_factory.mktemp("data")).resolve("embedded/en-pt")
    return load_tokenizer(checkpoint.path, checkpoint.manifest)


def test_every_family_places_its_source_tokens(converted: Converted) -> None:
    for source, target in converted.case.pairs:
        tokens = converted.tokenizer.encode(TEXT, source, target).tokens
        places = converted.tokenizer.source_offsets(TEXT, source, target)
        assert len(places) == len(tokens)
        known = [place for place in places if place is not None]
        assert known == sorted(known)
        assert all(0 <= start <= end <= len(TEXT) for start, end in known)
        covered = {at for start, end in known for at in range(start, end)}
        assert {at for at, character in enumerate(TEXT) if not character.isspace()} <= covered


def test_every_family_places_its_language_and_end_tokens_nowhere(converted: Converted) -> None:
    for source, target in converted.case.pairs:
        encoded = converted.tokenizer.encode("o rio", source, target)
        places = converted.tokenizer.source_offsets("o rio", source, target)
        for token, place in zip(encoded.tokens, places, strict=True):
            if token == "</s>" or token in {*converted.manifest.sources.values(), *converted.manifest.targets.values()}:
                assert place is None


def test_every_family_places_its_target_tokens(converted: Converted) -> None:
    source, target = converted.case.pairs[0]
    encoded = converted.tokenizer.encode(TEXT, source, target)
    tokens = ["</s>", *encoded.tokens[len(encoded.tokens) - 12 :], "<pad>"]
    text = converted.tokenizer.decode(tokens)
    places = converted.tokenizer.target_offsets(tokens)
    assert len(places) == len(tokens)
    known = [place for place in places if place is not None]
    assert places[0] is places[-1] is None
    assert known == sorted(known)
    covered = {at for start, end in known for at in range(start, end)}
    assert {at for at, character in enumerate(text) if not character.isspace()} <= covered


@given(st.text(max_size=60))
def test_source_tokens_cover_every_character_that_the_tokenizer_reads(embedded: Tokenizer, text: str) -> None:
    places = embedded.source_offsets(text, "en", "pt")
    assert len(places) == len(embedded.encode(text, "en", "pt").tokens)
    assert all(place is None or 0 <= place[0] <= place[1] <= len(text) for place in places)


@given(st.text(max_size=60))
def test_target_tokens_spell_the_words_they_stand_at(embedded: Tokenizer, text: str) -> None:
    tokens = embedded.encode(text, "en", "pt").tokens
    decoded = embedded.decode(tokens)
    for token, place in zip(tokens, embedded.target_offsets(tokens), strict=True):
        if place is not None and place[0] < place[1] and token.strip("▁"):
            assert decoded[slice(*place)] in token.replace("▁", " ")


def test_bytes_of_one_character_share_its_place() -> None:
    def decode(pieces: Sequence[str]) -> str:
        return "a😀b" if len(pieces) == 6 else "?"

    pieces = ["▁a", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "b"]
    assert decoded_offsets(pieces, decode) == [(0, 1), (1, 2), (1, 2), (1, 2), (1, 2), (2, 3)]


def test_a_decoder_that_does_more_than_join_is_followed_prefix_by_prefix() -> None:
    def decode(pieces: Sequence[str]) -> str:
        return "".join(pieces).replace("Ġ", " ").replace("##", "").strip()

    assert decoded_offsets(["Ġun", "##der", "Ġit"], decode) == [(0, 2), (2, 5), (5, 8)]


def test_a_lone_space_joins_the_piece_after_it() -> None:
    assert without_space("a 日", [(0, 1), (1, 2), (2, 3)]) == [(0, 1), (2, 3), (2, 3)]


def test_a_link_leads_to_the_token_with_the_most_attention_that_is_of_the_text() -> None:
    rows = [[0.5, 0.1, 0.3, 0.1], [0.2, 0.7, 0.1, 0.0], [0.1, 0.2, 0.1, 0.6]]
    assert list(links(rows, [None, (0, 3), (4, 7)], [(0, 2), None, (3, 5)])) == [((0, 2), (4, 7)), ((3, 5), (0, 3))]


def test_nothing_is_linked_where_no_token_is_of_the_text() -> None:
    assert list(links([[1.0]], [None], [(0, 1)])) == []
