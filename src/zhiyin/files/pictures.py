"""Draws a picture anew: what leaves here are our own bytes, without metadata, of a known size.

A hostile picture may be a bomb (a few bytes that unpack to gigabytes), hold a place where somebody
lives, or be a script besides. Only pixels come through.
"""

from __future__ import annotations

import io
import warnings
from typing import BinaryIO

from PIL import Image, ImageOps

MOST_PIXELS = 50_000_000  # a good telephone's; decoded they take 200 MB
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
SIZES = {"small": 192, "large": 1600}  # the longer edge, in pixels
MEDIA_TYPE = "image/webp"
_QUALITY = 82

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # the library's own guard, should ours be passed by


class CannotDraw(Exception):  # noqa: N818  (an outcome: there is no picture of this file)
    """The file cannot be drawn: broken, too large, or in no format that we read."""


def draw(file: BinaryIO) -> dict[str, bytes]:
    """The picture at each size, as WebP; the first of several frames, the right way up."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as opened:
                return _drawn(opened)
    except (
        OSError, ValueError, TypeError, SyntaxError, EOFError, IndexError, KeyError, MemoryError,
        OverflowError, NotImplementedError, ZeroDivisionError, Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        raise CannotDraw(type(error).__name__) from error


def _drawn(opened: Image.Image) -> dict[str, bytes]:
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise CannotDraw("too many pixels")
    largest = max(SIZES.values())
    opened.draft("RGB", (largest, largest))  # a JPEG is then decoded no larger than needed
    upright = ImageOps.exif_transpose(opened)
    whole = upright.convert("RGBA" if _is_seen_through(upright) else "RGB")
    found = {}
    for name, edge in sorted(SIZES.items(), key=lambda item: -item[1]):
        whole.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        clean = Image.frombytes(whole.mode, whole.size, whole.tobytes())  # nothing but pixels
        out = io.BytesIO()
        clean.save(out, "WEBP", quality=_QUALITY, method=2)
        found[name] = out.getvalue()
    return found


def _is_seen_through(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
