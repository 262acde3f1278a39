"""What a ZIP holds: an Office document, an e-book, a program, or just files.

Only the directory at its end is read, and only where it is small: nothing is unpacked but the few
bytes of a `mimetype`.
"""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

from zhiyin.files.types.kinds import Doubt

MOST_DIRECTORY_BYTES = 4 * 1024 * 1024
END = b"PK\x05\x06"
END_LENGTH = 22
ZIP64_RECORDS = 56 + 20  # what a 64-bit writer puts between directory and end
FURTHEST = END_LENGTH + 65_535  # the directory's end, with the longest comment behind it
_OFFICE = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_MIMETYPES = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/epub+zip": "epub",
}
_PROGRAMS = {"META-INF/MANIFEST.MF", "AndroidManifest.xml", "classes.dex"}


def zip_kind(file: BinaryIO, size: int) -> tuple[str, Doubt | None]:
    """The key of the kind within a ZIP, and what is wrong with it."""
    end = end_of_directory(file, size)
    if end is None:
        return "zip", Doubt.BROKEN
    length, start, directory_end = end
    if length > MOST_DIRECTORY_BYTES:
        return "zip", None  # too many names to look through; it stays a plain archive
    if directory_end - length - start not in (0, ZIP64_RECORDS):
        return "zip", Doubt.POLYGLOT  # something stands before the archive
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            told = _told(archive, names)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError):
        return "zip", Doubt.BROKEN
    if told is not None:
        return told, None
    return _by_names(names)


def end_of_directory(file: BinaryIO, size: int) -> tuple[int, int, int] | None:
    """Length and start of a ZIP's directory as its end tells, and where that end stands."""
    start = max(0, size - FURTHEST)
    file.seek(start)
    tail = file.read(FURTHEST)
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < END_LENGTH:
        return None
    length, offset = struct.unpack_from("<II", tail, at + 12)
    return int(length), int(offset), start + at


def _told(archive: zipfile.ZipFile, names: list[str]) -> str | None:
    """What an OpenDocument or an e-book says in its own first file."""
    if not names or names[0] != "mimetype":
        return None
    with archive.open("mimetype") as file:
        return _MIMETYPES.get(file.read(100).strip())


def _by_names(names: list[str]) -> tuple[str, Doubt | None]:
    if _PROGRAMS & set(names):
        return "program", None
    if "[Content_Types].xml" not in names:
        return "zip", None
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    for folder, key in _OFFICE:
        if any(name.startswith(folder) for name in names):
            return key, Doubt.MACROS if macros else None
    return "zip", None
