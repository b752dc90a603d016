from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.textual.po_strings import plain, written


@given(st.text() | st.text(st.sampled_from('ab "\\\n\t日 ')), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_a_string_that_is_written_reads_back(text: str, wraps: bool, line_end: str) -> None:
    lines = written("msgstr", text, line_end=line_end, wraps=wraps).split(line_end)
    quoted = [re.fullmatch(r'(?:msgstr )?"((?:[^"\\]|\\.)*)"', line, re.DOTALL) for line in lines]
    assert "".join(plain(one[1]) for one in quoted if one) == text
    assert all(quoted)


@pytest.mark.parametrize(
    ("raw", "text"), [(r"a\"b\\n", 'a"b\\n'), (r"\303\251\x41", "éA"), (r"\a\t\q", "\a\tq"), (r"\8", "8")]
)
def test_escapes_mean_what_they_do_in_c(raw: str, text: str) -> None:
    assert plain(raw) == text
