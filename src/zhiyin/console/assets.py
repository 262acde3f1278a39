"""What the browser loads, with addresses that change when a file does, and compressed.

All files share one folder in the address, named by their contents together: scripts that import
each other by relative addresses need no rewriting, and a browser keeps what it has for a year. The
files themselves stay where they are, in the packages; only compressed copies are put into the data
folder, so there is no collecting step.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

VERSION = re.compile(r"v-[0-9a-f]{12}/")
COMPRESSED = {".css", ".js", ".svg", ".json"}


@lru_cache(maxsize=1)
def version() -> str:
    """Names the present contents of all files together."""
    digest = hashlib.sha256()
    for name, path in sorted(_files().items()):
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return f"v-{digest.hexdigest()[:12]}"


def _files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            found.setdefault(name, Path(storage.path(name)))
    return found


class VersionedStorage(StaticFilesStorage):
    """Gives the addresses that templates print."""

    def url(self, name: str | None) -> str:
        """The address of a file, under the name of all files' contents."""
        return super().url(f"{version()}/{name}")


class VersionedFinder(BaseFinder):
    """Finds files under a versioned name too, where Django serves them itself (in tests)."""

    def find(self, path: str, *args: Any, **kwargs: Any) -> Any:
        plain = VERSION.sub("", path, count=1)
        if plain == path:
            return []
        return finders.find(plain) or []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        return []


class Assets(WhiteNoiseMiddleware):  # type: ignore[misc]  # it has no types
    """Serves each file under its plain and its versioned address; text compressed."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
        name = url.removeprefix(self.static_prefix)
        versioned = f"{self.static_prefix}{version()}/{name}"
        self.files[versioned] = self.get_static_file(path, versioned, stat_cache=stat_cache)

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> StaticFile:
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        small = _compressed(Path(path))
        return StaticFile(path, headers.items(), encodings={"gzip": str(small)} if small else {})

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The file whole: each is small, and a stream would take more ways between threads."""
        found = static_file.get_response(request.method, request.META)
        answer = HttpResponse(status=int(found.status))
        if found.file is not None:
            with found.file as file:
                answer.content = file.read()
        del answer.headers["Content-Type"]
        for name, value in found.headers:
            answer.headers[name] = value
        return answer

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Whether what lies at this address can never change."""
        name = url.removeprefix(self.static_prefix)
        return not settings.DEBUG and VERSION.match(name) is not None


def _compressed(path: Path) -> Path | None:
    """The file's compressed copy in the data folder, made once for its contents."""
    if path.suffix not in COMPRESSED:
        return None
    content = path.read_bytes()
    if len(content) < 512:
        return None
    target = Path(settings.DATA) / "static" / f"{hashlib.sha256(content).hexdigest()[:24]}.gz"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(f".{os.getpid()}")
        draft.write_bytes(gzip.compress(content, 9, mtime=0))
        draft.replace(target)
    return target


class CompressPages(GZipMiddleware):
    """Compresses pages and fragments; what is streamed (events, exports) goes as it comes.

    Django pads each answer by a random length, so that its size tells nothing about a secret in it
    (BREACH); the token against forged forms is masked anew for every page.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.streaming:
            return response
        return super().process_response(request, response)
