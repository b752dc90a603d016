from __future__ import annotations

import re
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from app.api.downloads import attachment

_TOKEN = re.compile(r"attachment; filename=\"([^\"]*)\"; filename\*=UTF-8''([A-Za-z0-9._~%-]+|)")


@given(st.text(st.characters(codec="utf-8")))
def test_any_name_comes_back_from_the_header_and_breaks_nothing(name: str) -> None:
    header = attachment(name)
    found = _TOKEN.fullmatch(header)
    assert found is not None, header
    assert unquote(found[2]) == name
    header.encode("ascii")
    assert not set(found[1]) & set('"\\/\r\n%')


def test_a_plain_name_is_told_plainly() -> None:
    assert attachment("report.pt.docx") == "attachment; filename=\"report.pt.docx\"; filename*=UTF-8''report.pt.docx"


def test_clients_of_long_ago_get_a_name_in_ascii() -> None:
    assert 'filename="Bericht f_r 5_.txt"' in attachment("Bericht für 5%.txt")


@given(st.text())
def test_a_lone_surrogate_is_no_server_error(name: str) -> None:
    attachment(f"{name}\ud800").encode("ascii")
