"""What browser libraries ask for before they send: that there is nothing to load but themselves."""

from __future__ import annotations

import msgspec

from zhiyin.collect.tracking.keys import Key


def segment(write_key: str, host: str, scheme: str) -> bytes:
    """The answer to analytics.js: events go to us, and no other destination is known.

    It takes https where no protocol is named, which nobody speaks on a laptop.
    """
    return msgspec.json.encode({
        "integrations": {
            "Segment.io": {
                "apiKey": write_key,
                "apiHost": f"{host}/v1",
                "protocol": scheme,
                "unbundledIntegrations": [],
                "addBundledMetadata": True,
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
            }
        },
        "plan": {
            kind: {"__default": {"enabled": True, "integrations": {}}}
            for kind in ("track", "identify", "group")
        },
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    })  # fmt: skip


def rudder(write_key: str, key: Key) -> bytes:
    """The answer to RudderStack's browser library."""
    quiet = {"enabled": False}
    return msgspec.json.encode({
        "isHosted": False,
        "source": {
            "id": str(key.source),
            "name": key.source_key,
            "writeKey": write_key,
            "enabled": key.enabled,
            "workspaceId": "zhiyin",
            "config": {"statsCollection": {"errors": quiet, "metrics": quiet}},
            "destinations": [],
            "dataplanes": {},
        },
    })  # fmt: skip
