"""The process of the pump: turns while there is something in the inbox, and the lake in between.

`zhiyin up` starts one; a busy company starts several, each of which knows its number and how many
there are (`python -m zhiyin.collect.pump.running 0 4`). A partition that two of them hold by
mistake is taken by one at a time.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType

import django
import structlog

from zhiyin.collect.tracking.bodies import PARTITIONS

IDLE_S = 0.1
TROUBLE_S = 1.0
ARCHIVE_EVERY_S = 20.0
log = structlog.get_logger(__name__)


class Pump:
    """Takes requests until told to stop."""

    def __init__(self, number: int = 0, of: int = 1) -> None:
        self._partitions = range(number, PARTITIONS, of)
        self._stop = threading.Event()

    def stop(self, signum: int = 0, frame: FrameType | None = None) -> None:
        """End after the current turn."""
        self._stop.set()

    def run(self) -> None:
        """Turn after turn; what is transient is waited out."""
        from django.db import InterfaceError, OperationalError, connection

        from zhiyin.collect.plan import noting
        from zhiyin.collect.pump import turning

        archiver = threading.Thread(target=self._keep_archiving, daemon=True)
        archiver.start()
        while not self._stop.is_set():
            try:
                taken = turning.turn(self._partitions)
                noting.flush_when_due()
            except (OperationalError, InterfaceError) as error:
                log.warning("the pump waits for the database", error=type(error).__name__)
                connection.close()
                gc.collect()
                self._stop.wait(TROUBLE_S)
                continue
            if taken:
                gc.collect()
            else:
                self._stop.wait(IDLE_S)
        with suppress(OperationalError, InterfaceError):  # counts of seconds, no event
            noting.flush()
        archiver.join(30)

    def _keep_archiving(self) -> None:
        from django.db import connection

        from zhiyin.collect.pump import archiving

        while not self._stop.wait(ARCHIVE_EVERY_S):
            try:
                while archiving.archive_some() and not self._stop.is_set():
                    pass
            except Exception as error:  # the lake may be away for hours; the pump goes on
                log.warning("the lake could not be written", error=type(error).__name__)
            finally:
                connection.close()
                gc.collect()


def main() -> None:
    """Run until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.settings")
    django.setup()

    from zhiyin.accounts import seat

    seat.process_is_system("what customers did belongs to no one person here")
    number, of = (int(word) for word in sys.argv[1:3] or ("0", "1"))
    pump = Pump(number, of)
    # The collector would walk over a turn's events again and again while they are alive; between
    # two turns it finds next to nothing. What is there from the start is never walked over.
    gc.freeze()
    gc.disable()
    signal.signal(signal.SIGTERM, pump.stop)
    signal.signal(signal.SIGINT, pump.stop)
    pump.run()


if __name__ == "__main__":
    main()
