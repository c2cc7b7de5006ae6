"""Zip files that Python 3.11 cannot write itself: members compressed with zstd, encrypted, or badly named."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

DEFLATED, ZSTD = 8, 93
ENCRYPTED = 1
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")


def packed(data: bytes, method: int) -> bytes:
    """Bytes as a member holds them; zstd in two frames, as writers that stream leave them."""
    if method == DEFLATED:
        packer = zlib.compressobj(wbits=-15)
        return packer.compress(data) + packer.flush()
    codec = pa.Codec("zstd")
    half = len(data) // 2
    return b"".join(codec.compress(part, asbytes=True) for part in (data[:half], data[half:]) if part)


def write_zip(path: Path, members: Mapping[str, bytes], method: int = DEFLATED, flags: int = 0) -> Path:
    """A zip file with these members."""
    body, directory = b"", b""
    for name, data in members.items():
        raw, encoded = packed(data, method), name.encode()
        about = (20, flags, method, 0, 0, zlib.crc32(data), len(raw), len(data), len(encoded), 0)
        directory += CENTRAL.pack(b"PK\x01\x02", 20, *about, 0, 0, 0, 0, len(body)) + encoded
        body += LOCAL.pack(b"PK\x03\x04", *about) + encoded + raw
    end = END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), len(body), 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body + directory + end)
    return path
