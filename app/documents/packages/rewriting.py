"""An archive again, with some members replaced and all others copied as they are packed; pure, in memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from zipfile import ZIP_STORED, ZipInfo

from app.documents.packages.archive import LOCAL, LOCAL_SIGNATURE, Archive, Member

_CENTRAL = struct.Struct("<4s4B4H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_EXTRA = struct.Struct("<2H")
_STREAMED_FLAG = 0x8
_ZIP64 = 1


@dataclass(frozen=True, slots=True)
class _Packed:
    data: bytes | memoryview
    size: int
    checksum: int


def rewritten(archive: Archive, replaced: Mapping[str, bytes]) -> bytes:
    """Return the archive with other bytes in some of its members.

    The order of members and of the directory, names, times, attributes, comments and ways of packing stay; so do the
    packed bytes of what is not replaced.
    """
    out = bytearray()
    directory: dict[str, bytes] = {}
    for name, member in sorted(archive.members.items(), key=lambda item: item[1].start):
        packed = _repacked(member, replaced[name]) if name in replaced else _as_it_is(member)
        directory[name] = _directory_entry(member, packed, len(out))
        out += _local_header(member, packed)
        out += packed.data
    start = len(out)
    for name in archive.members:
        out += directory[name]
    count = len(directory)
    out += _END.pack(b"PK\x05\x06", 0, 0, count, count, len(out) - start, start, len(archive.comment))
    return bytes(out + archive.comment)


def _as_it_is(member: Member) -> _Packed:
    return _Packed(member.packed, member.info.file_size, member.info.CRC)


def _repacked(member: Member, data: bytes) -> _Packed:
    checksum = zlib.crc32(data)
    if member.info.compress_type == ZIP_STORED:
        return _Packed(data, len(data), checksum)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return _Packed(deflater.compress(data) + deflater.flush(), len(data), checksum)


def _common(info: ZipInfo, packed: _Packed) -> tuple[int, ...]:
    """Return flags, way of packing, time, date, checksum and sizes. Sizes are in the headers, not behind the data."""
    year, month, day, hour, minute, second = info.date_time
    date = (year - 1980) << 9 | month << 5 | day
    time = hour << 11 | minute << 5 | second // 2
    flags = info.flag_bits & ~_STREAMED_FLAG
    return flags, info.compress_type, time, date, packed.checksum, len(packed.data), packed.size


def _local_header(member: Member, packed: _Packed) -> bytes:
    info, extra = member.info, _without_zip64(member.extra)
    fields = (info.extract_version, *_common(info, packed), len(member.raw_name), len(extra))
    return LOCAL.pack(LOCAL_SIGNATURE, *fields) + member.raw_name + extra


def _directory_entry(member: Member, packed: _Packed, offset: int) -> bytes:
    info, extra = member.info, _without_zip64(member.info.extra)
    versions = (info.create_version, info.create_system, info.extract_version, info.reserved)
    lengths = (len(member.raw_name), len(extra), len(info.comment))
    attributes = (0, info.internal_attr, info.external_attr)
    header = _CENTRAL.pack(b"PK\x01\x02", *versions, *_common(info, packed), *lengths, *attributes, offset)
    return header + member.raw_name + extra + info.comment


def _without_zip64(extra: bytes) -> bytes:
    """Leave the field of large sizes out, since they are written where small ones are."""
    kept, at = b"", 0
    while at + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, at)
        end = at + _EXTRA.size + length
        kept += b"" if kind == _ZIP64 else extra[at:end]
        at = end
    return kept + extra[at:]
