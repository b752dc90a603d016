from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents import BrokenDocument, DocumentLimits, DocumentTooLarge, ProtectedDocument, UnsafeDocument
from app.documents.packages.archive import opened
from app.documents.packages.rewriting import rewritten
from app.errors import RequestError
from tests.app.documents.packages.builders import archive, members

LIMITS = DocumentLimits()


def with_info(**said: object) -> bytes:
    """Return an archive whose one file has a header as said."""
    info = zipfile.ZipInfo(str(said.pop("name", "a.xml")))
    for key, value in said.items():
        setattr(info, key, value)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(info, "words")
    return out.getvalue()


def patched(data: bytes, *, local: int, central: int, value: bytes) -> bytes:
    """Return an archive with other bytes in both headers of its first file."""
    out = bytearray(data)
    for at in (data.index(b"PK\x03\x04") + local, data.index(b"PK\x01\x02") + central):
        out[at : at + len(value)] = value
    return bytes(out)


def test_what_is_not_replaced_is_copied_as_it_is_packed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.comment = b"a comment"
        for name, method in (("mimetype", zipfile.ZIP_STORED), ("é/b.xml", zipfile.ZIP_DEFLATED), ("c/", 0)):
            info = zipfile.ZipInfo(name, (1999, 12, 31, 23, 59, 58))
            info.compress_type, info.external_attr = method, 0o100644 << 16
            info.comment, info.extra = b"x", b"\x99\x99\x00\x00"
            made.writestr(info, "words " * 100 if name[-1] != "/" else "", compresslevel=1)
    data = out.getvalue()
    read = opened(data, LIMITS)
    assert rewritten(read, {}) == data
    again = rewritten(read, {"é/b.xml": b"other words"})
    with zipfile.ZipFile(io.BytesIO(again)) as made:
        assert made.testzip() is None
        assert made.read("é/b.xml") == b"other words"
        before, after = read.members, {info.filename: info for info in made.infolist()}
    assert list(before) == list(after)
    for name, info in after.items():
        was = before[name].info
        for field in ("date_time", "compress_type", "external_attr", "comment", "extra", "create_system", "flag_bits"):
            assert getattr(info, field) == getattr(was, field), (name, field)


def test_an_archive_that_was_streamed_is_read_and_written() -> None:
    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: object) -> int:
            self.data += bytes(piece)  # type: ignore[call-overload]
            return len(bytes(piece))  # type: ignore[call-overload]

    out = Stream()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.xml", "words")
        with made.open("b.xml", "w", force_zip64=True) as member:
            member.write(b"more words")
    read = opened(out.data, LIMITS)
    again = rewritten(read, {"b.xml": b"others"})
    assert members(again) == {"a.xml": b"words", "b.xml": b"others"}
    opened(again, LIMITS)


def test_a_bomb_is_refused_by_what_it_says() -> None:
    data = archive({"a.xml": b"\0" * 3_000_000})
    with pytest.raises(UnsafeDocument, match="times its size"):
        opened(data, LIMITS)
    with pytest.raises(DocumentTooLarge, match=r"documents\.max_unpacked"):
        opened(archive({"a.xml": b"ab" * 600, "b.xml": b"ab" * 600}), DocumentLimits(max_unpacked=2000))


def test_a_bomb_that_lies_is_refused_when_it_is_larger_than_it_says() -> None:
    data = patched(archive({"a.xml": b"\0" * 3_000_000}), local=22, central=24, value=struct.pack("<L", 1000))
    with pytest.raises(UnsafeDocument, match="larger than the archive says"):
        opened(data, LIMITS)


def test_a_bomb_that_lies_is_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = patched(archive({"a.xml": b"\0" * 30_000_000}), local=22, central=24, value=struct.pack("<L", 1000))
    read = 0
    real = zlib.decompressobj

    class Counting:
        def __init__(self, bits: int) -> None:
            self._inner = real(bits)

        def decompress(self, data: bytes, limit: int) -> bytes:
            nonlocal read
            out = self._inner.decompress(data, limit)
            read += len(out)
            return out

        def __getattr__(self, name: str) -> object:
            return getattr(self._inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    with pytest.raises(UnsafeDocument):
        opened(data, LIMITS)
    assert 0 < read <= 1 << 16


def test_too_many_files_are_refused_before_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive({f"{at}.xml": "" for at in range(20)})
    monkeypatch.setattr(zipfile.ZipInfo, "__init__", None)
    with pytest.raises(UnsafeDocument, match="more than 19 files"):
        opened(data, DocumentLimits(max_members=19))


@pytest.mark.parametrize("name", ["../a.xml", "a/../../b", "/etc/passwd", "C:/a", "..\\a", "a\\..\\..\\b"])
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(UnsafeDocument, match="leads out"):
        opened(with_info(name=name), LIMITS)


@pytest.mark.parametrize("name", ["a\nb", "a\x7f", "a" * 1_001])
def test_what_is_no_name_for_a_file_is_refused(name: str) -> None:
    with pytest.raises(UnsafeDocument, match="no name for a file"):
        opened(with_info(name=name), LIMITS)


@pytest.mark.parametrize("name", ["a\u00a0b.png", "漢\u3000字.xml", "a/b:c.xml", "..a/b..c"])
def test_unusual_names_are_fine(name: str) -> None:
    data = with_info(name=name)
    assert rewritten(opened(data, LIMITS), {}) == data


def test_links_are_refused() -> None:
    with pytest.raises(UnsafeDocument, match="link"):
        opened(with_info(external_attr=0o120777 << 16), LIMITS)


def test_two_files_of_one_name_are_refused() -> None:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as made:
        warnings.simplefilter("ignore")
        made.writestr("a.xml", "one")
        made.writestr("a.xml", "two")
    with pytest.raises(UnsafeDocument, match="two files"):
        opened(out.getvalue(), LIMITS)


def test_files_that_lie_over_each_other_are_refused() -> None:
    """As in a quoted-overlap bomb, where each file holds the headers of all that follow."""
    data = archive({"a.xml": "words", "b.xml": "words"}, stored=("a.xml", "b.xml"))
    at = data.index(b"PK\x01\x02")
    start = data.index(b"PK\x03\x04", 4)
    longer = start - 30 - 5 + 10  # into the header of the next one
    quoted = bytearray(data)
    for where in (18, 22, at + 20, at + 24):
        quoted[where : where + 4] = struct.pack("<L", longer)
    with pytest.raises(UnsafeDocument, match="lies over"):
        opened(bytes(quoted), LIMITS)


def test_another_name_in_its_own_header_is_refused() -> None:
    data = archive({"a.xml": "words"}).replace(b"a.xml", b"b.xml", 1)
    with pytest.raises(UnsafeDocument, match="another name"):
        opened(data, LIMITS)


def test_encrypted_files_and_documents_behind_a_password_are_protected() -> None:
    with pytest.raises(ProtectedDocument, match="encrypted"):
        opened(patched(archive({"a.xml": "words"}), local=6, central=8, value=b"\x01\x00"), LIMITS)
    compound = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
    with pytest.raises(ProtectedDocument, match="password"):
        opened(compound + "EncryptedPackage".encode("utf-16-le"), LIMITS)
    with pytest.raises(BrokenDocument, match="binary format"):
        opened(compound + "WordDocument".encode("utf-16-le"), LIMITS)


def test_damage_is_found_wherever_it_is() -> None:
    data = archive({"image.png": b"x" * 100, "a.xml": "words"}, stored=("image.png",))
    with pytest.raises(BrokenDocument, match=r"'image\.png' in the document is damaged"):
        opened(data.replace(b"x" * 100, b"y" + b"x" * 99), LIMITS)
    for length in (0, 10, 50, len(data) // 2, len(data) - 30):
        with pytest.raises(BrokenDocument):
            opened(data[:length], LIMITS)
    with pytest.raises(BrokenDocument, match="no zip"):
        opened(b"Just words", LIMITS)


def test_ways_of_packing_that_no_document_uses_are_refused() -> None:
    with pytest.raises(BrokenDocument, match="packed in a way"):
        opened(with_info(compress_type=zipfile.ZIP_LZMA), LIMITS)


GOOD = archive({"mimetype": "x", "a.xml": "words " * 50, "b/c.xml": "more"})


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4))
def test_whatever_is_changed_in_an_archive_it_is_read_or_refused(changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(GOOD)
    for at, value in changes:
        data[at : at + len(value)] = value
    try:
        read = opened(bytes(data), DocumentLimits(max_unpacked=10_000))
    except RequestError:
        return
    assert members(rewritten(read, {})) == {name: read.read(name) for name in read.members}
