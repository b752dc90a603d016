from __future__ import annotations

import logging
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.keys import ApiKey, KeyFileError, check_distinct, configured_keys, hash_key, new_key, read_key_file

SECRET = "bp_a-key-in-the-wrong-place-0123456789abcdef"
DIGEST = hash_key(SECRET)
OTHER = hash_key("another")


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_new_keys_differ_and_travel_in_any_header_and_address() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        assert key.startswith("bp_")
        assert len(key) == 46
        assert key.isascii()
        assert not set(key) & set(" &=?+/%:#")


@given(st.text(), st.binary())
def test_any_text_can_be_hashed(text: str, raw: bytes) -> None:
    assert hash_key(raw) == sha256(raw).hexdigest()
    assert len(hash_key(text + "\ud800")) == 64


def test_hash_is_taken_in_capitals_and_not_shown() -> None:
    key = ApiKey(name="mobile", sha256=DIGEST.upper())
    assert key.sha256 == DIGEST
    assert key.scopes == ("translate",)
    assert DIGEST not in repr(key)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "mobile", "sha256": SECRET},
        {"name": "mobile", "key": SECRET},
        {"name": "mobile", "token": SECRET, "sha256": DIGEST},
        {"name": "mobile", "sha256": 5},
        {"name": SECRET + "/", "sha256": DIGEST},
        {"name": "mobile", "sha256": DIGEST, "scopes": [SECRET]},
    ],
)
def test_plain_text_key_is_refused_and_not_repeated(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        ApiKey.model_validate(values)
    assert SECRET not in str(caught.value)
    if "name" in values and "scopes" not in values and values["name"] == "mobile":
        assert "babelpool keys new" in str(caught.value)


def test_hash_of_an_empty_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="SHA-256 of nothing"):
        ApiKey(name="mobile", sha256=hash_key(""))


def test_two_keys_of_one_name_or_hash_are_refused() -> None:
    with pytest.raises(ValueError, match="two keys are called 'a'"):
        check_distinct([ApiKey(name="a", sha256=DIGEST), ApiKey(name="a", sha256=OTHER)])
    with pytest.raises(ValueError, match="'b' is there already"):
        check_distinct([ApiKey(name="a", sha256=DIGEST), ApiKey(name="b", sha256=DIGEST)])


def test_key_file_in_toml_has_the_tables_of_the_configuration(tmp_path: Path) -> None:
    text = f'[[auth.keys]]\nname = "mobile"\nsha256 = "{DIGEST}"\nscopes = ["admin"]\ncharacters_per_day = 5\n'
    (key,) = read_key_file(write(tmp_path / "keys.toml", text))
    assert (key.name, key.sha256, key.scopes, key.characters_per_day) == ("mobile", DIGEST, ("admin",), 5)


def test_key_file_of_lines_has_names_hashes_and_scopes(tmp_path: Path) -> None:
    text = f"# ours\n\n  mobile:{DIGEST}\nops : {OTHER} : admin, translate\n"
    first, second = read_key_file(write(tmp_path / "keys", text))
    assert (first.name, first.scopes) == ("mobile", ("translate",))
    assert (second.name, second.sha256, second.scopes) == ("ops", OTHER, ("admin", "translate"))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("keys", SECRET, "key 1 of 1.sha256: this must be the SHA-256"),
        ("keys", f"mobile:{SECRET}", "babelpool keys new"),
        ("keys", f"good:{OTHER}\n{SECRET}:mobile", "key 2 of 2"),
        ("keys", f"mobile:{DIGEST}:root", "key 1 of 1.scopes.0: Input should be 'translate', 'admin' or 'monitor'"),
        ("keys", "# none\n", "holds no keys"),
        ("keys.toml", "", "holds no keys"),
        ("keys.toml", f'[[keys]]\nname = "mobile"\nsha256 = "{DIGEST}"', "holds no keys"),
        ("keys.toml", 'auth = "x"', "holds no keys"),
        ("keys.toml", f'[[auth.keys]]\nname = "mobile"\nkey = "{SECRET}"', "in plain text"),
        ("keys.toml", "[[auth.keys", "not valid TOML"),
    ],
)
def test_fault_in_a_key_file_is_named_without_its_content(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        read_key_file(write(tmp_path / name, text))
    assert sentence in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="No such file"):
        read_key_file(tmp_path / "nowhere")
    (tmp_path / "latin").write_bytes(b"\xe9")
    with pytest.raises(KeyFileError, match="not UTF-8"):
        read_key_file(tmp_path / "latin")


def test_key_file_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="chmod o-w"):
        read_key_file(write(tmp_path / "keys", f"mobile:{DIGEST}", 0o602))


def test_key_file_that_its_group_may_write_is_warned_about(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "keys", f"mobile:{DIGEST}", 0o660)
    with caplog.at_level(logging.WARNING):
        configured_keys((), str(path))
    assert "chmod g-w" in caplog.text
    assert DIGEST not in caplog.text
    caplog.clear()
    path.chmod(0o644)  # readable by all: they are hashes
    configured_keys((), str(path))
    assert not caplog.records


def test_keys_of_configuration_and_file_are_joined_and_must_differ(tmp_path: Path) -> None:
    path = write(tmp_path / "keys", f"mobile:{DIGEST}")
    keys = configured_keys([ApiKey(name="ops", sha256=OTHER)], str(path))
    assert [key.name for key in keys] == ["ops", "mobile"]
    with pytest.raises(KeyFileError, match="two keys are called 'mobile'"):
        configured_keys([ApiKey(name="mobile", sha256=OTHER)], str(path))
    assert configured_keys((), "") == ()


@given(st.text(max_size=200))
def test_any_key_file_gives_keys_or_a_key_file_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    for name in ("keys", "keys.toml"):
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with suppress(KeyFileError):
            assert read_key_file(path)
