"""How this room forgets a customer."""

from __future__ import annotations

from zhiyin.accounts.forgetting import nobody

nobody("understand_run", "question state said_zh said_en", why="when what was asked of everybody")
