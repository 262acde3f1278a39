"""Why a connection could not be read, in words that whoever looks after it can act on."""

from __future__ import annotations


class Trouble(Exception):  # noqa: N818 (it says what to do)
    """Nothing was read; `message` says in zh and en why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.message = {"zh": zh, "en": en}


class NotAllowed(Trouble):
    """The operator of the server has not opened this folder or host."""
