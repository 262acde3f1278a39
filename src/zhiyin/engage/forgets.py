"""How this room forgets a customer: what was written to them, and that they were in campaigns."""

from __future__ import annotations

from zhiyin.accounts.forgetting import gone, nobody

gone("engage_message")
gone("engage_campaignmember")
nobody("engage_campaign", "name channel subject_zh body_zh subject_en body_en state",
       why="what is written to everybody")  # fmt: skip
