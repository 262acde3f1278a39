"""Background work of this room: what was recorded gets its place in the audit chain."""

from __future__ import annotations

from procrastinate.contrib.django import app

from zhiyin.accounts.audit import chain_pending


@app.periodic(cron="* * * * *")
@app.task(queue="accounts", lock="audit-chain", queueing_lock="audit-chain", pass_context=False)
def chain_audit(timestamp: int) -> None:
    """Once a minute; the screen and `zhiyin audit verify` chain what waits before they look."""
    chain_pending()
