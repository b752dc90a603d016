from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents import BrokenDocument
from tests.app.documents.textual.models import marked, read, same, texts, translated

FILE = r"""{
	"title" : "Welcome, {name}!",  "empty":"", "count": 1.50E+2, "when": "2026-11-21",
  "nested": [ "One", [ {"deep": "Say \"hi\"\nto \u00e9ric \/ \u003cb>"} ], null, true ],
  "title": "again",
  "half": "\ud83d broken", "emoji": "\ud83d\ude00 smile"
}
"""
TEXT = st.text(max_size=8) | st.sampled_from(["Hello, world.", "é\u2028", '日本 "語" \\ /', "\ud800", "42"])
VALUES: st.SearchStrategy[object] = st.recursive(
    TEXT | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def test_values_with_letters_are_units_and_keys_are_not() -> None:
    assert texts(FILE, "a.json") == [
        "Welcome, {name}!",
        "One",
        'Say "hi"\nto éric / <b>',
        "again",
        "\U0001f600 smile",
    ]


def test_only_the_values_that_change_are_written_anew_and_in_the_same_spelling() -> None:
    done = ["Bem-vindo, {name}!", "One", 'Diga "oi"\n/ <b> é ü', "outra \x07 vez", "\U0001f600 sorria"]
    assert translated(FILE, "a.json", done).decode() == (
        FILE.replace("Welcome,", "Bem-vindo,")
        .replace(r"Say \"hi\"\nto \u00e9ric \/ \u003cb>", r"Diga \"oi\"\n\/ \u003cb> \u00e9 \u00fc")
        .replace("again", r"outra \u0007 vez")
        .replace("smile", "sorria")
    )


def test_a_file_that_writes_letters_plainly_gets_them_plainly() -> None:
    assert translated('["é", "a"]', "a.json", ["日", "\U0001f600ü"]).decode() == '["日", "\U0001f600ü"]'


def test_strings_with_half_characters_stay_and_are_noted() -> None:
    assert "1 string" in read(FILE, "a.json").notes[0]
    assert read('["a"]', "a.json").notes == ()


@given(VALUES, st.booleans(), st.sampled_from([None, 2, "\t"]), st.sampled_from([(",", ":"), (" ,\r\n", "\t: ")]))
def test_json_comes_back_byte_for_byte_and_only_values_change(
    value: object, ascii_: bool, indent: int | str | None, separators: tuple[str, str]
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_, indent=indent, separators=separators)
    data = ("\ufeff" + text).encode("utf-8", "replace")
    assert translated(data, "a.json", same) == data
    changed = translated(data, "a.json", marked)
    assert _without_signs(changed) == _without_signs(data)
    assert json.loads(changed.decode("utf-8-sig")) == _marked(json.loads(data.decode("utf-8-sig")))


def _without_signs(data: bytes) -> str:
    return re.sub(r"[«»]|\\u00[ab]b", "", data.decode())


def _marked(value: object) -> object:
    if isinstance(value, str):
        is_text = any(map(str.isalpha, value)) and not any("\ud800" <= one <= "\udfff" for one in value)
        return f"«{value}»" if is_text else value
    if isinstance(value, list):
        return [_marked(one) for one in value]
    return {key: _marked(one) for key, one in value.items()} if isinstance(value, dict) else value


@given(st.text(st.sampled_from('{}[]",:\\u0a1-.e \n tfn'), max_size=12).filter(bool))
def test_what_others_refuse_is_refused_with_its_place_and_nothing_else(text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        with pytest.raises(BrokenDocument, match=r"expected at line \d+, column \d+"):
            translated(text, "a.json", same)
    else:
        assert translated(text, "a.json", same) == text.encode()


def test_nesting_of_any_depth_is_read() -> None:
    data = b"[" * 100_000 + b'"a"' + b"]" * 100_000
    assert translated(data, "a.json", ["b"]) == data.replace(b"a", b"b")


@pytest.mark.parametrize(
    "data", ["[" * 300_000, '{"a":' * 100_000, '"' + "a" * 1_000_000, '"' + "\\" * 1_000_000, "[1," * 200_000]
)
def test_hostile_json_is_refused_in_linear_time(data: str) -> None:
    with pytest.raises(BrokenDocument, match="line 1"):
        translated(data, "a.json", same)
