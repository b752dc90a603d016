from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.textual.lines import wrapped


def _broken(text: str, lines: int) -> list[str]:
    cuts = [0, *wrapped(text, lines), len(text)]
    return [text[start:end].strip() for start, end in pairwise(cuts)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("One line only, as it is", ["One line only, as it is"]),
        ("He said that he would come, but then he went home", ["He said that he would come,", "but then he went home"]),
        ("aaa bbb ccc ddd eee fff", ["aaa bbb", "ccc ddd", "eee fff"]),
        ("昨日は雨が降りました、今日は晴れです", ["昨日は雨が降りました、", "今日は晴れです"]),
        ("Donaudampfschifffahrtsgesellschaft ja", ["Donaudampfschifffahrtsgesellschaft", "ja"]),
        ("Word", ["Word"]),
    ],
)
def test_lines_are_about_even_and_end_where_one_would_pause(text: str, lines: list[str]) -> None:
    wished = max(len(lines), 2) if text == "Word" else len(lines)
    assert _broken(text, wished) == lines


@given(st.text(st.sampled_from("ab ,.-日本。é&")), st.integers(1, 6))
def test_breaks_ascend_and_never_cut_a_word(text: str, lines: int) -> None:
    cuts = list(wrapped(text, lines))
    assert cuts == sorted(set(cuts))
    assert len(cuts) < lines
    for at in cuts:
        assert not (text[at - 1] in "abé" and text[at] in "abé")
        assert 0 < at < len(text)
