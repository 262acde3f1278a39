"""The door before uploads: a body that the disk cannot hold is refused before it is read.

The web server writes a body to disk before any view sees it, so a view's own check comes too late.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings

from zhiyin.collect.files import RESERVE
from zhiyin.files.door import App, Receive, Scope, Send

COPIES = 2  # the server's own, and the one we keep
TOO_LARGE = "文件太大，请拆分后上传。\nThe file is too large; split it and upload the parts.\n"
NO_ROOM = "磁盘空间不足，请清理后再上传。\nThe disk is too full for this upload; free some space.\n"


class UploadDoor:
    """An ASGI application around another one."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.folder = Path(settings.FILE_UPLOAD_TEMP_DIR or settings.DATA)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413 or 507."""
        if scope["type"] == "http":
            refusal = self.refusal(_length(scope))
            if refusal is not None:
                await _answer(send, *refusal)
                return
        await self.app(scope, receive, send)

    def refusal(self, length: int) -> tuple[int, str] | None:
        """The status and the words for a body of that many bytes; None where it fits."""
        if length > settings.MAX_UPLOAD_BYTES:
            return 413, TOO_LARGE
        if length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            free = shutil.disk_usage(self.folder).free
            if free < RESERVE + COPIES * length:
                return 507, NO_ROOM
        return None


def _length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _answer(send: Send, status: int, words: str) -> None:
    body = words.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"),
               (b"content-length", str(len(body)).encode())]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
