"""How this room forgets a customer: it keeps counts, and examples that are said to be of nobody."""

from __future__ import annotations

from zhiyin.accounts.forgetting import mentions, nobody

mentions("quality_qualityrule", "definition")
mentions("quality_proposal", "definition evidence")
nobody("quality_qualityrule", "object event field dimension learnt", why="rules about fields")
nobody("quality_proposal", "object event field kind state", why="rules about fields")
nobody("quality_measurement", why="counts")
