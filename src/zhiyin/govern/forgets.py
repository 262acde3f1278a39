"""How this room forgets a customer: consents go with them; that an address is never written to
stays, being a keyed hash.
"""

from __future__ import annotations

from zhiyin.accounts.forgetting import gone, mentions, nobody

gone("govern_consent")
gone("govern_consentchange")
mentions("govern_suppression", "reason")
nobody("govern_suppression", "channel address_hash", why="a keyed hash")
nobody("govern_tombstone", "digest", why="a keyed hash")
nobody("govern_erasure", "reason state waiting receipt",
       why="ids while it runs, then counts and a digest")  # fmt: skip
