"""Small true files of many kinds, and hostile ones, made here byte by byte."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

from PIL import Image


def picture(form: str = "PNG", size: tuple[int, int] = (6, 4), **options: object) -> bytes:
    """A picture as Pillow writes it."""
    out = io.BytesIO()
    Image.new("RGB", size, (10, 107, 99)).save(out, form, **options)
    return out.getvalue()


def zipped(*names: str, **contents: bytes) -> bytes:
    """A ZIP of these names; `contents` gives some of them bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, contents.get(name, b"x"))
    return out.getvalue()


def office(folder: str, *more: str) -> bytes:
    """The skeleton of an Office document."""
    return zipped("[Content_Types].xml", f"{folder}/document.xml", *more)


def opendocument(kind: str) -> bytes:
    """An OpenDocument or e-book: its first file says what it is."""
    return zipped("mimetype", "content.xml", mimetype=f"application/{kind}".encode())


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"), io.BytesIO())
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of 60,000 × 60,000 pixels in some kilobytes; unpacked it would be 3.6 GB."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(1_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
GIF_SCRIPT = b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//"
GZIP = gzip.compress(b"x")
