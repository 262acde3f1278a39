"""How this room forgets a customer: comments beside them and notices about them go; where a comment
elsewhere names their address, that is taken out.
"""

from __future__ import annotations

from zhiyin.accounts.forgetting import gone, mentions, nobody

for _table in ("talk_comment", "talk_notice"):
    gone(_table, "record_type = 'customer' and record_id = any(%(customers)s)")
mentions("talk_comment", "text")
mentions("talk_notice", "detail")
nobody("talk_preference", "kind mail", why="how users want to be told")
nobody("talk_kinddefault", "kind mail", why="how users want to be told")
nobody("talk_hours", "zone", why="how users want to be told")
nobody("talk_pushdevice", "endpoint public_key secret name", why="browsers of users")
