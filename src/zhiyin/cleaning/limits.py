"""What we are willing to unpack and store, decided before and while a file is read.

A compressed file states its size or not, truthfully or not; so the bytes that come out are
counted, and the ratio to what went in is watched (a gzip of ordinary rows unpacks 5 to 30 times).
"""

from __future__ import annotations

import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .errors import NoSpace, TooLarge, UnknownFormat

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds in bytes unless said otherwise. Raise them for a machine with more memory or disk."""

    unpacked: int = 20 << 30  # text that a file may unpack into
    workbook: int = 2 << 30  # an Excel file is held in memory, so less
    ratio: int = 250  # unpacked : packed, watched after `ratio_from`
    ratio_from: int = 64 << 20
    line: int = 8 << 20  # characters in one line
    columns: int = 2_000
    space_factor: float = 2.0  # free disk that an import needs, in file sizes


def ensure_space(
    folder: Path, needed: int, free_bytes: Callable[[Path], int] | None = None
) -> None:
    """Refuse when `folder` has not `needed` bytes free. Ask before the first byte is written."""
    free = free_bytes(folder) if free_bytes else shutil.disk_usage(folder).free
    if free < needed:
        raise NoSpace(needed, free)


class CountedBytes:
    """Counts what comes out of a decompressor and stops a flood."""

    def __init__(self, packed_size: int, limits: Limits, most: int | None = None) -> None:
        self._packed = max(packed_size, 1)
        self._limits = limits
        self._most = limits.unpacked if most is None else most
        self.count = 0

    def add(self, count: int) -> None:
        """Note `count` more bytes."""
        self.count += count
        if self.count > self._most:
            raise TooLarge(
                f"文件解压后超过 {self._most >> 20:,} MB 的上限。请拆分成几个文件后再上传。",
                f"The file unpacks to more than the limit of {self._most >> 20:,} MB. "
                "Split it into several files and upload them one by one.",
            )
        if self.count > self._limits.ratio_from and self.count > self._packed * self._limits.ratio:
            raise TooLarge(
                f"文件的压缩比超过 {self._limits.ratio} 倍，像是压缩炸弹，已停止读取。"
                "请上传未压缩的文件。",
                f"The file unpacks to more than {self._limits.ratio} times its size, like a zip "
                "bomb, so reading stopped. Upload it without compression.",
            )


class CountedReader:
    """A binary stream whose bytes are counted on the way through."""

    def __init__(self, stream: IO[bytes], counter: CountedBytes) -> None:
        self._stream, self._counter = stream, counter

    def read(self, size: int = _BLOCK) -> bytes:
        """The next bytes; b"" at the end."""
        block = self._stream.read(size)
        self._counter.add(len(block))
        return block

    def close(self) -> None:
        """Close the stream underneath."""
        self._stream.close()


def check_workbook(path: Path, limits: Limits) -> None:
    """Unpack a zipped workbook once without keeping it: its directory may lie about the sizes."""
    most = limits.workbook
    counter = CountedBytes(path.stat().st_size, limits, most)
    with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
        entries = archive.infolist()
        if len(entries) > 10_000:
            raise UnknownFormat("工作簿内部的文件过多。", "The workbook holds too many parts.")
        for entry in entries:
            raw.seek(entry.header_offset)
            header = raw.read(30)
            if len(header) < 30 or header[:4] != b"PK\x03\x04":
                raise UnknownFormat("Excel 文件已损坏。", "The Excel file is damaged.")
            name_size, extra_size = struct.unpack("<HH", header[26:30])
            raw.seek(name_size + extra_size, 1)
            _count_entry(raw, entry, counter)


def _count_entry(raw: IO[bytes], entry: zipfile.ZipInfo, counter: CountedBytes) -> None:
    if entry.compress_type == zipfile.ZIP_STORED:
        counter.add(entry.compress_size)
        return
    unpack = zlib.decompressobj(-15)
    try:
        left = entry.compress_size
        while left > 0 and not unpack.eof:
            block = raw.read(min(left, 1 << 16))
            if not block:
                break
            left -= len(block)
            while block:
                counter.add(len(unpack.decompress(block, _BLOCK)))
                block = unpack.unconsumed_tail
    except zlib.error as error:
        raise UnknownFormat("Excel 文件已损坏。", "The Excel file is damaged.") from error
