"""How this room forgets a customer: what happened to them, and each attempt to tell it."""

from __future__ import annotations

from zhiyin.accounts.forgetting import gone, nobody

# That they were erased is told to other systems still, by their id alone.
_THEIRS = "object_id = any(%(texts)s) and type <> 'customer.erased'"
_SAID = f"select id from connect_occurrence where {_THEIRS}"  # noqa: S608
_TOLD = f"select id from connect_delivery where occurrence_id in ({_SAID})"  # noqa: S608

gone("connect_occurrence", _THEIRS)
gone("connect_delivery", f"occurrence_id in ({_SAID})")
gone("connect_attempt", f"delivery_id in ({_TOLD})")
nobody("connect_occurrence", "type object_id fields facts", why="names and ids")
nobody("connect_endpoint", "url description types stopped_because secret old_secret",
       why="addresses of other systems")  # fmt: skip
nobody("connect_hostrule", "kind pattern", why="addresses of other systems")
nobody("oidc_providerdocument", "issuer kind body", why="what the company's sign-in says of itself")
