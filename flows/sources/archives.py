"""Members of zip files, read into memory one by one within declared limits; nothing is ever unpacked onto disk."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flows.sources.documents import ZIP_START
from flows.sources.registry import UnreadableFileError

LARGEST_MEMBER = 512 * 2**20
"""Bytes of one member after decompression."""
LARGEST_RATIO = 200
"""Decompressed bytes for each compressed one, where the member is larger than ``RATIO_FROM``."""
RATIO_FROM = 32 * 2**20
ZSTD = 93
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
BLOCK = 2**20
_BROKEN = (
    zipfile.BadZipFile,
    OSError,
    EOFError,
    zlib.error,
    NotImplementedError,
    struct.error,
    ValueError,
    RuntimeError,
)


class Archive:
    """A zip file with members deflated, stored or compressed with zstd (method 93, which Python 3.11 cannot read).

    Attributes:
        names: Members in the order of the file, folders and unsafe names left out.
        unsafe: Names that are absolute or climb out of the archive.
    """

    def __init__(self, file: zipfile.ZipFile, stream: IO[bytes]) -> None:
        self._file, self._stream = file, stream
        members = [info for info in file.infolist() if not info.is_dir()]
        self.unsafe = [info.filename for info in members if is_unsafe(info.filename)]
        unsafe = set(self.unsafe)
        self._members = {info.filename: info for info in members if info.filename not in unsafe}
        self.names = list(self._members)

    def read(self, name: str) -> bytes:
        """All bytes of a member.

        Raises:
            UnreadableFileError: It is not there, encrypted, broken, or larger than the limits.
        """
        info = self._members.get(name)
        if info is None:
            raise UnreadableFileError("missing_member", f"the archive has no member {name!a}")
        if info.flag_bits & 1:
            reason = f"member {name!a} is encrypted; decrypt the archive first"
            raise UnreadableFileError("encrypted", reason)
        limit = min(LARGEST_MEMBER, max(RATIO_FROM, info.compress_size * LARGEST_RATIO))
        try:
            data = self._unpacked(info, limit)
        except _BROKEN as error:
            raise UnreadableFileError("broken_member", f"member {name!a} cannot be read: {error}") from error
        if len(data) > limit:
            reason = (
                f"member {name!a} grows beyond {limit:,} bytes from {info.compress_size:,}; such archives are refused"
            )
            raise UnreadableFileError("zip_bomb", reason)
        return data

    def _unpacked(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        """A member, or its first bytes where it is larger than the limit.

        The three usual methods are unpacked here: zipfile does not know zstd on Python 3.11, and takes several times
        as long for members of a few kilobytes.
        """
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, ZSTD):
            with self._file.open(info) as member:
                return member.read(limit + 1)
        self._stream.seek(info.header_offset)
        header = LOCAL_HEADER.unpack(self._stream.read(LOCAL_HEADER.size))
        if header[0] != ZIP_START:
            raise zipfile.BadZipFile("its local header is not where the directory says")
        self._stream.seek(header[-2] + header[-1], 1)
        packed = self._stream.read(min(info.compress_size, LARGEST_MEMBER + 1))
        data = _decompressed(packed, info.compress_type, limit + 1)
        if len(data) <= limit and zlib.crc32(data) != info.CRC:
            raise zipfile.BadZipFile("its checksum does not match")
        return data


def _decompressed(packed: bytes, method: int, most: int) -> bytes:
    if method == zipfile.ZIP_STORED:
        return packed[:most]
    if method == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    # Only archives written with zstd are worth the import.
    import pyarrow as pa

    data: bytes = pa.CompressedInputStream(pa.BufferReader(pa.py_buffer(packed)), "zstd").read(most)
    return data


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """A zip file to read members of.

    Raises:
        UnreadableFileError: It is no whole zip file.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise UnreadableFileError("unreadable", f"cannot be opened: {error.strerror}") from error
    with stream:
        try:
            file = zipfile.ZipFile(stream)
        except _BROKEN as error:
            reason = f"no whole zip file, perhaps cut short: {error}"
            raise UnreadableFileError("broken_archive", reason) from error
        with file:
            yield Archive(file, stream)


def member_names(path: Path) -> list[str]:
    """Names of all members, or none where the file is no whole zip file."""
    try:
        with open_archive(path) as archive:
            return archive.names
    except UnreadableFileError:
        return []


def is_unsafe(name: str) -> bool:
    """A member's name is absolute or climbs out of its archive."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ".." in parts or name[1:2] == ":"
