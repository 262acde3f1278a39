"""The kinds of files that are told apart, and what may be done with each."""

from __future__ import annotations

import enum
from dataclasses import dataclass

OCTETS = "application/octet-stream"


class Family(enum.Enum):
    """What a reader calls it."""

    PICTURE = "picture"
    DOCUMENT = "document"
    TEXT = "text"
    MEDIA = "media"
    ARCHIVE = "archive"
    ACTIVE = "active"  # something that runs: a page, a drawing with script, a program
    UNKNOWN = "unknown"


class Doubt(enum.Enum):
    """Why a file is handed out as bytes without a type."""

    POLYGLOT = "polyglot"  # a second kind of file within the first
    BROKEN = "broken"  # begins like its kind, and does not go on like it
    MACROS = "macros"  # an Office document that carries a program


@dataclass(frozen=True)
class Kind:
    """A kind of file: its key, its type on the wire, and the endings that people give it."""

    key: str
    media_type: str
    endings: frozenset[str]
    family: Family

    @property
    def is_inert(self) -> bool:
        """Whether no program is known to run it, so that its type may be told."""
        return self.family not in (Family.ACTIVE, Family.UNKNOWN)


def _kinds(family: Family, *rows: tuple[str, str, str]) -> dict[str, Kind]:
    return {
        key: Kind(key, media_type, frozenset(endings.split()), family)
        for key, media_type, endings in rows
    }


_OPEN = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
KINDS: dict[str, Kind] = {
    **_kinds(
        Family.PICTURE,
        ("png", "image/png", "png"),
        ("jpeg", "image/jpeg", "jpg jpeg jpe jfif"),
        ("gif", "image/gif", "gif"),
        ("webp", "image/webp", "webp"),
        ("bmp", "image/bmp", "bmp dib"),
        ("tiff", "image/tiff", "tif tiff"),
        ("heic", "image/heic", "heic heif"),
        ("avif", "image/avif", "avif"),
    ),
    **_kinds(
        Family.DOCUMENT,
        ("pdf", "application/pdf", "pdf"),
        ("docx", f"{_OPEN}wordprocessingml.document", "docx docm dotx dotm"),
        ("xlsx", f"{_OPEN}spreadsheetml.sheet", "xlsx xlsm xltx xltm"),
        ("pptx", f"{_OPEN}presentationml.presentation", "pptx pptm potx ppsx"),
        ("odt", f"{_ODF}text", "odt"),
        ("ods", f"{_ODF}spreadsheet", "ods"),
        ("odp", f"{_ODF}presentation", "odp"),
        ("epub", "application/epub+zip", "epub"),
        ("ole", "application/x-ole-storage", "doc xls ppt msg wps et dps dot xlt pps"),
        ("rtf", "application/rtf", "rtf"),
    ),
    **_kinds(
        Family.TEXT,
        ("text", "text/plain; charset=utf-8", "txt text log md csv tsv json jsonl ini yaml yml eml"
         " vcf ics sql srt conf"),
        ("text16", "text/plain; charset=utf-16", "txt text log md csv tsv"),
        ("gb18030", "text/plain; charset=gb18030", "txt text log md csv tsv eml sql"),
    ),
    **_kinds(
        Family.MEDIA,
        ("mp3", "audio/mpeg", "mp3"),
        ("wav", "audio/wav", "wav"),
        ("flac", "audio/flac", "flac"),
        ("ogg", "audio/ogg", "ogg oga opus ogv"),
        ("amr", "audio/amr", "amr"),
        ("mp4", "video/mp4", "mp4 m4a m4v mov 3gp qt"),
        ("webm", "video/webm", "webm mkv"),
        ("avi", "video/x-msvideo", "avi"),
    ),
    **_kinds(
        Family.ARCHIVE,
        ("zip", "application/zip", "zip"),
        ("gzip", "application/gzip", "gz tgz"),
        ("bzip2", "application/x-bzip2", "bz2 tbz2"),
        ("xz", "application/x-xz", "xz txz"),
        ("zstd", "application/zstd", "zst"),
        ("7z", "application/x-7z-compressed", "7z"),
        ("rar", "application/vnd.rar", "rar"),
        ("tar", "application/x-tar", "tar"),
        ("parquet", "application/vnd.apache.parquet", "parquet"),
    ),
    **_kinds(
        Family.ACTIVE,
        ("html", OCTETS, "html htm xhtml shtml hta mht mhtml"),
        ("svg", OCTETS, "svg svgz"),
        ("xml", OCTETS, "xml xsl xslt xsd rss atom"),
        ("script", OCTETS, "sh bash py pl rb php js mjs bat cmd ps1 vbs"),
        ("program", OCTETS, "exe dll com scr msi so dylib bin elf class wasm jar apk aab ipa"),
    ),
}  # fmt: skip
UNKNOWN = Kind("unknown", OCTETS, frozenset(), Family.UNKNOWN)


def kind(key: str) -> Kind:
    """The kind of this key; an unknown one for a key that a later version wrote."""
    return KINDS.get(key, UNKNOWN)
