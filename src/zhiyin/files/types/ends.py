"""Where a picture ends. What stands behind its end, or runs into it, is a second file.

A GIF that is also a script, or a picture with an archive behind it, opens as a harmless picture
and runs as something else. The walkers below follow each format's own lengths.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

_PARAMETERLESS = frozenset([0x01, *range(0xD0, 0xD8)])  # JPEG markers without a length
_SLICE = 1 << 16


class Cut(Exception):  # noqa: N818  (an outcome: the structure does not hold)
    """The file does not go on the way its beginning says."""


def end_of(key: str, file: BinaryIO, size: int) -> int | None:
    """Where the picture ends; None for kinds whose end is not followed. Raises `Cut`."""
    walk = {"png": _png, "gif": _gif, "jpeg": _jpeg, "webp": _riff, "bmp": _bmp}.get(key)
    if walk is None:
        return None
    file.seek(0)
    end = walk(file)
    if end > size:
        raise Cut
    return end


def _take(file: BinaryIO, length: int) -> bytes:
    found = file.read(length)
    if len(found) < length:
        raise Cut
    return found


def _png(file: BinaryIO) -> int:
    file.seek(8)
    while True:
        length, name = struct.unpack(">I4s", _take(file, 8))
        file.seek(length + 4, os.SEEK_CUR)
        if name == b"IEND":
            return file.tell()


def _gif(file: BinaryIO) -> int:
    flags = _take(file, 13)[10]
    _skip_colours(file, flags)
    while True:
        block = _take(file, 1)[0]
        if block == 0x3B:  # the trailer
            return file.tell()
        if block == 0x21:  # an extension
            _take(file, 1)
        elif block == 0x2C:  # a frame
            _skip_colours(file, _take(file, 9)[8])
            _take(file, 1)
        else:
            raise Cut
        while length := _take(file, 1)[0]:
            _take(file, length)


def _skip_colours(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        _take(file, 3 << ((flags & 7) + 1))


def _jpeg(file: BinaryIO) -> int:
    _take(file, 2)
    marker = _marker(file)
    while marker != 0xD9:
        if marker not in _PARAMETERLESS:
            length = int(struct.unpack(">H", _take(file, 2))[0])
            if length < 2:
                raise Cut
            _take(file, length - 2)
        marker = _after_scan(file) if marker == 0xDA else _marker(file)
    return file.tell()


def _marker(file: BinaryIO) -> int:
    """The next marker; any number of 0xFF may stand before it."""
    if _take(file, 1) != b"\xff":
        raise Cut
    while (found := _take(file, 1)[0]) == 0xFF:
        pass
    return found


def _after_scan(file: BinaryIO) -> int:
    """The marker behind compressed data, in which 0xFF is followed by zero or a restart."""
    start = file.tell()
    held = b""
    while part := file.read(_SLICE):
        data = held + part
        at = data.find(b"\xff")
        while 0 <= at < len(data) - 1:
            if data[at + 1] not in (0x00, 0xFF) and not 0xD0 <= data[at + 1] <= 0xD7:
                file.seek(start + at + 2)
                return data[at + 1]
            at = data.find(b"\xff", at + 1)
        held = data[-1:]
        start += len(data) - 1
    raise Cut


def _riff(file: BinaryIO) -> int:
    length = int(struct.unpack("<4xI", _take(file, 8))[0])
    return 8 + length + length % 2


def _bmp(file: BinaryIO) -> int:
    return int(struct.unpack("<2xI", _take(file, 6))[0])
