"""The first bytes by which a file says what it is.

After the WHATWG MIME Sniffing Standard and the formats' own specifications; where two could be
meant (a RIFF, an ISO base media file) the bytes at a second place decide.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 4096  # bytes of the beginning that are looked at for a signature


@dataclass(frozen=True)
class Signature:
    """`magic` at `at`, and, where given, one of `also` at `also_at`."""

    key: str
    magic: bytes
    at: int = 0
    also: tuple[bytes, ...] = ()
    also_at: int = 8

    def fits(self, head: bytes) -> bool:
        if head[self.at : self.at + len(self.magic)] != self.magic:
            return False
        return not self.also or head[self.also_at :].startswith(self.also)


_HEIC = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis")
SIGNATURES = (
    Signature("png", b"\x89PNG\r\n\x1a\n"),
    Signature("jpeg", b"\xff\xd8\xff"),
    Signature("gif", b"GIF87a"),
    Signature("gif", b"GIF89a"),
    Signature("webp", b"RIFF", also=(b"WEBP",)),
    Signature("bmp", b"BM", also=(b"\0\0\0\0",), also_at=6),  # the reserved words are zero
    Signature("tiff", b"II*\0"),
    Signature("tiff", b"MM\0*"),
    Signature("avif", b"ftyp", 4, also=(b"avif", b"avis")),
    Signature("heic", b"ftyp", 4, also=_HEIC),
    Signature("mp4", b"ftyp", 4),
    Signature("pdf", b"%PDF-"),
    Signature("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Signature("rtf", b"{\\rtf"),
    Signature("mp3", b"ID3"),
    Signature("mp3", b"\xff\xfb"),
    Signature("mp3", b"\xff\xf3"),
    Signature("wav", b"RIFF", also=(b"WAVE",)),
    Signature("avi", b"RIFF", also=(b"AVI ",)),
    Signature("flac", b"fLaC"),
    Signature("ogg", b"OggS"),
    Signature("amr", b"#!AMR"),
    Signature("webm", b"\x1aE\xdf\xa3"),
    Signature("zip", b"PK\x03\x04"),
    Signature("zip", b"PK\x05\x06"),  # an empty one
    Signature("gzip", b"\x1f\x8b"),
    Signature("bzip2", b"BZh"),
    Signature("xz", b"\xfd7zXZ\0"),
    Signature("zstd", b"\x28\xb5\x2f\xfd"),
    Signature("7z", b"7z\xbc\xaf\x27\x1c"),
    Signature("rar", b"Rar!\x1a\x07"),
    Signature("tar", b"ustar", 257),
    Signature("parquet", b"PAR1"),
    Signature("program", b"MZ"),
    Signature("program", b"\x7fELF"),
    Signature("program", b"\xca\xfe\xba\xbe"),
    Signature("program", b"\xcf\xfa\xed\xfe"),
    Signature("program", b"\xce\xfa\xed\xfe"),
    Signature("program", b"\0asm"),
    Signature("script", b"#!"),
)


def signed(head: bytes) -> str | None:
    """The key of the first signature that fits; None for text and what nobody knows."""
    return next((one.key for one in SIGNATURES if one.fits(head)), None)
