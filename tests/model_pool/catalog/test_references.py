"""References: three forms, and nothing that could lead astray."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_pool.catalog.references import EmbeddedReference, HubReference, PathReference, parse_reference
from model_pool.errors import UnknownReference

HERE = Path("/nowhere/at/all")


@pytest.mark.parametrize(
    ("text", "hub_id", "revision"),
    [
        ("Helsinki-NLP/opus-mt-en-de", "Helsinki-NLP/opus-mt-en-de", None),
        ("org/name@v1.0", "org/name", "v1.0"),
        ("org/name@refs/pr/1", "org/name", "refs/pr/1"),
        ("org/name@main", "org/name", None),
        ("a/b_c.d@0123456789abcdef0123456789abcdef01234567", "a/b_c.d", "0123456789abcdef0123456789abcdef01234567"),
    ],
)
def test_hub_ids_are_read_with_their_revision(text: str, hub_id: str, revision: str | None) -> None:
    assert parse_reference(text, HERE) == HubReference(hub_id, revision)


@pytest.mark.parametrize(
    "text",
    [
        *("", "name", "a/b/c", "org/", "/@x", "org/..", "../..@x", "org/na me", "org/name@", "org/name@../x"),
        *("org/name@/x", "org/name@a//b", "org/name@-x", "-org/name", "org/name@x y", "org/name@x\n", "org\x00/name"),
        *(
            "org/na--me",
            "org/.name",
            "org/name.",
            "órg/name",
            "org/name@a@b",
            "org/name%2f..",
            "x" * 60 + "/" + "y" * 60,
        ),
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    if text.startswith(("/", "../")):
        assert isinstance(parse_reference(text, HERE), PathReference)
    else:
        with pytest.raises(UnknownReference):
            parse_reference(text, HERE)


@pytest.mark.parametrize("text", ["./x", "../x", "/x/y", "~/x", ".", ".."])
def test_paths_are_absolute_afterwards(text: str) -> None:
    parsed = parse_reference(text, HERE)
    assert isinstance(parsed, PathReference)
    assert parsed.path.is_absolute()
    assert ".." not in parsed.path.parts


def test_relative_paths_start_from_the_base_directory(tmp_path: Path) -> None:
    assert parse_reference("./x", tmp_path) == PathReference(tmp_path.resolve() / "x")


def test_an_existing_directory_wins_over_a_hub_id(tmp_path: Path) -> None:
    (tmp_path / "org" / "name").mkdir(parents=True)
    assert parse_reference("org/name", tmp_path) == PathReference(tmp_path.resolve() / "org/name")
    assert parse_reference("org/other", tmp_path) == HubReference("org/other")


def test_embedded_names_are_never_paths(tmp_path: Path) -> None:
    (tmp_path / "embedded" / "en-pt").mkdir(parents=True)
    assert parse_reference("embedded/en-pt", tmp_path) == EmbeddedReference("en-pt")


@given(st.text(max_size=300))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    with contextlib.suppress(UnknownReference):
        parsed = parse_reference(text, HERE)
        if isinstance(parsed, HubReference):
            assert parse_reference(str(parsed), HERE) == parsed
