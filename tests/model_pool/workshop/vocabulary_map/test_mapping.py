from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_pool.workshop.vocabulary_map.counting import CountedPair, best_targets
from model_pool.workshop.vocabulary_map.mapping import VocabularyMap, merged, read_map, with_phrases, writable


def test_map_is_read_as_it_was_written_in_the_engines_format(tmp_path: Path) -> None:
    written = VocabularyMap(("</s>", "."), {("▁a", "▁b"): ("▁x",), ("▁a",): ("▁y", "▁z")})
    written.write(tmp_path)
    assert (tmp_path / "vmap.txt").read_text() == "\t</s> .\n▁a\t▁y ▁z\n▁a ▁b\t▁x\n"
    assert read_map(tmp_path) == written


def test_source_allows_what_its_pieces_and_their_neighbours_allow() -> None:
    made = VocabularyMap((".",), {("a",): ("x",), ("b", "c"): ("y",), ("c", "b"): ("z",)})
    assert made.allowed(["a", "b", "c"]) == {".", "x", "y"}
    assert made.allowed([]) == {"."}


def test_maps_are_put_together_without_what_is_always_allowed() -> None:
    made = merged([".", "."], {"a": ["x", "."], "b": ["."]}, {"a": ["y", "x"], "c": ["z"]})
    assert made == VocabularyMap((".",), {("a",): ("x", "y"), ("c",): ("z",)})


def test_phrase_gets_what_it_lacks_and_only_where_it_stands_whole() -> None:
    made = with_phrases(VocabularyMap((".",), {("a",): ("x",)}), [(["a", "b"], ["x", "new", "."]), (["a"], ["x"])])
    assert made.entries == {("a",): ("x",), ("a", "b"): ("new",)}
    assert "new" not in made.allowed(["a", "c", "b"])


@pytest.mark.parametrize(("piece", "fits"), [("▁a", True), ("", False), ("a b", False), ("\t", False)])
def test_piece_that_the_file_cannot_hold_is_left_out(piece: str, fits: bool) -> None:
    assert writable(piece) is fits


def pair(source: str, target: str) -> CountedPair:
    return CountedPair(np.array([ord(one) for one in source]), np.array([ord(one) for one in target]))


def test_alignment_finds_what_translates_what_where_all_stand_together() -> None:
    pairs = [pair("ab", "AB"), pair("ac", "AC"), pair("bc", "BC"), pair("abc", "ABC"), pair("", "A"), pair("a", "")]
    found = best_targets(pairs, 128, best=1, iterations=6, report=lambda count: None)
    assert found == {ord(one): [ord(one.upper())] for one in "abc"}


def test_best_are_at_most_so_many_and_the_likeliest_come_first() -> None:
    pairs = [pair("a", "XY"), pair("a", "X"), pair("a", "XZ")]
    assert best_targets(pairs, 128, best=2, iterations=2, report=lambda count: None) == {97: [ord("X"), ord("Y")]}


def test_nothing_to_count_makes_no_entries() -> None:
    assert best_targets([], 10, best=5, iterations=2, report=lambda count: None) == {}
