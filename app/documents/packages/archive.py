"""Zip archives from strangers: every member checked before anything is believed; pure, in memory."""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.documents.content import DocumentLimits
from app.documents.errors import BrokenDocument, DocumentTooLarge, ProtectedDocument, UnsafeDocument

_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")  # of Microsoft's old formats, and around what a password protects
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_CENTRAL = b"PK\x01\x02"
LOCAL = struct.Struct("<4s5H3L2H")
LOCAL_SIGNATURE = b"PK\x03\x04"
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_PATCHED_FLAG = 0x20
_UTF8_FLAG = 0x800
_CHUNK = 1 << 16
_LONGEST_NAME = 1_000
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_DRIVE = re.compile("[A-Za-z]:")
_RATIO_FROM = 1_000_000  # bytes; what is smaller than that harms nobody, however well it was packed


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive. packed: its bytes as they are compressed; extra: of its local header."""

    info: ZipInfo
    raw_name: bytes
    extra: bytes
    start: int
    packed: memoryview

    @property
    def end(self) -> int:
        """Where its bytes end in the archive."""
        return self.start + LOCAL.size + len(self.raw_name) + len(self.extra) + len(self.packed)

    def chunks(self) -> Iterator[bytes]:
        """Unpack it bit by bit. Raises BrokenDocument, UnsafeDocument as soon as it is longer than it says."""
        size, checksum = 0, 0
        for chunk in _stored(self.packed) if self.info.compress_type == ZIP_STORED else _inflated(self):
            size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
            if size > self.info.file_size:
                raise UnsafeDocument(f"{self.info.filename!r} in the document is larger than the archive says.")
            yield chunk
        if size != self.info.file_size or checksum != self.info.CRC:
            raise BrokenDocument(f"{self.info.filename!r} in the document is damaged. Send another copy.")


@dataclass(frozen=True, slots=True)
class Archive:
    """A checked archive. members: by name, in the order of its directory. comment: its own."""

    members: Mapping[str, Member]
    comment: bytes

    def read(self, name: str) -> bytes:
        """Return what a member holds. Raises BrokenDocument where there is none."""
        member = self.members.get(name)
        if member is None:
            raise BrokenDocument(f"The document has no {name!r} in it, so it is not what its name says, or damaged.")
        return b"".join(member.chunks())


def opened(data: bytes, limits: DocumentLimits) -> Archive:
    """Return an archive in which every member is as its header says: sizes, checksum, place, name.

    Raises BrokenDocument, DocumentTooLarge, ProtectedDocument, UnsafeDocument. Takes the memory of one chunk.
    """
    _refuse_compound_files(data)
    if data.count(_CENTRAL) > limits.max_members:  # never fewer than there are members, and known before any is read
        raise UnsafeDocument(f"The document has more than {limits.max_members} files in it, so it is not opened.")
    infos, comment = _directory(data)
    _check_sizes(infos, limits)
    members = [_member(data, info) for info in infos]
    _check_places(members)
    for member in members:
        for _ in member.chunks():
            pass
    return Archive({member.info.filename: member for member in members}, comment)


def _refuse_compound_files(data: bytes) -> None:
    if not data.startswith(_COMPOUND_FILE):
        return
    if _ENCRYPTED_PACKAGE in data:
        raise ProtectedDocument("The document is behind a password. Save it without one.")
    raise BrokenDocument(
        "The document is in the binary format of Office 2003 and older, whatever its name says. "
        "Save it as .docx, .xlsx or .pptx."
    )


def _directory(data: bytes) -> tuple[list[ZipInfo], bytes]:
    try:
        with ZipFile(BytesIO(data)) as archive:
            infos, comment, start = archive.infolist(), archive.comment, archive.start_dir
    except (BadZipFile, NotImplementedError, ValueError, struct.error, EOFError, OSError) as error:
        raise BrokenDocument("The document is no zip archive, or a damaged one. Send another copy.") from error
    names: set[str] = set()
    for info in infos:
        _check(info)
        if info.filename in names:
            raise UnsafeDocument(f"The document has two files of the name {info.filename!r} in it.")
        names.add(info.filename)
        if info.header_offset >= start:
            raise BrokenDocument("The document's archive points behind its own end. Send another copy.")
    return infos, comment


def _check(info: ZipInfo) -> None:
    name = info.orig_filename
    if len(name) > _LONGEST_NAME or _CONTROL.search(name):
        raise UnsafeDocument(f"The document has a file named {name[:80]!r} in it, which is no name for a file.")
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or _DRIVE.match(name):
        raise UnsafeDocument(f"The document has a file named {name!r} in it, which leads out of its archive.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnsafeDocument(f"{name!r} in the document is a link to another file.")
    if info.flag_bits & _ENCRYPTED_FLAGS:
        raise ProtectedDocument(f"{name!r} in the document is encrypted. Save it without a password.")
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED} or info.flag_bits & _PATCHED_FLAG:
        raise BrokenDocument(f"{name!r} in the document is packed in a way that no document is. Save it again.")


def _check_sizes(infos: list[ZipInfo], limits: DocumentLimits) -> None:
    for info in infos:
        if info.file_size > max(_RATIO_FROM, limits.max_ratio * info.compress_size):
            raise UnsafeDocument(
                f"{info.filename!r} in the document unpacks to more than {limits.max_ratio} times its size, "
                "so it is not opened."
            )
    total = sum(info.file_size for info in infos)
    if total > limits.max_unpacked:
        raise DocumentTooLarge(
            f"The document unpacks to {total} bytes, more than the {limits.max_unpacked} that one may have "
            "(documents.max_unpacked)."
        )


def _member(data: bytes, info: ZipInfo) -> Member:
    start = info.header_offset
    header = data[max(start, 0) : start + LOCAL.size]
    if start < 0 or len(header) < LOCAL.size or not header.startswith(LOCAL_SIGNATURE):
        raise BrokenDocument("The document's archive is damaged. Send another copy.")
    *_, name_length, extra_length = LOCAL.unpack(header)
    name_end = start + LOCAL.size + name_length
    raw_name, begin = data[start + LOCAL.size : name_end], name_end + extra_length
    if raw_name != info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_FLAG else "cp437"):
        raise UnsafeDocument(f"{info.filename!r} in the document has another name in its own header.")
    packed = memoryview(data)[begin : begin + info.compress_size]
    if len(packed) < info.compress_size:
        raise BrokenDocument(f"{info.filename!r} in the document is cut off. Send another copy.")
    return Member(info, raw_name, data[name_end:begin], start, packed)


def _check_places(members: list[Member]) -> None:
    end = 0
    for member in sorted(members, key=lambda one: one.start):
        if member.start < end:
            raise UnsafeDocument(f"{member.info.filename!r} in the document lies over another file of its archive.")
        end = member.end


def _stored(packed: memoryview) -> Iterator[bytes]:
    for at in range(0, len(packed), _CHUNK):
        yield bytes(packed[at : at + _CHUNK])


def _inflated(member: Member) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in _stored(member.packed):
            rest = piece
            while rest and not inflater.eof:
                yield inflater.decompress(rest, _CHUNK)
                rest = inflater.unconsumed_tail
        while not inflater.eof and (chunk := inflater.decompress(b"", _CHUNK)):
            yield chunk
    except zlib.error as error:
        raise BrokenDocument(f"{member.info.filename!r} in the document is damaged. Send another copy.") from error
