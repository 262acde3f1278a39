"""Browsers in words: which one on which system, as far as they say it; and addresses shortened.

Pure. A user agent is what the browser claims; it helps to tell one's own sessions apart and proves
nothing.
"""

from __future__ import annotations

import ipaddress
import re

# The first that matches: others name the ones below as well, to be taken for them.
_BROWSERS = (
    ("微信 WeChat", r"MicroMessenger/(\d+)"),
    ("企业微信 WeCom", r"wxwork/(\d+)"),
    ("钉钉 DingTalk", r"DingTalk/(\d+)"),
    ("Edge", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("QQ", r"QQBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* .*Safari/"),
    ("curl", r"^curl/(\d+)"),
    ("Python", r"^(?:python-requests|python-httpx|Python-urllib)/(\d+)"),
)
_SYSTEMS = (
    ("HarmonyOS", r"HarmonyOS|OpenHarmony"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows NT"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)


def describe(agent: str) -> str:
    """Such as "Chrome 126, Windows"; empty where nothing is recognised."""
    parts = []
    for name, pattern in _BROWSERS:
        if found := re.search(pattern, agent):
            parts.append(f"{name} {found[1]}")
            break
    parts += [name for name, pattern in _SYSTEMS if re.search(pattern, agent)][:1]
    return ", ".join(parts)


def network_of(address: str) -> str:
    """An address without its last part: enough to tell home from office, too little to find a
    door. Attempts are counted by it too, since one machine has all of an IPv6 /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return network_of(str(found.ipv4_mapped))
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(ipaddress.ip_network((found, 24), strict=False))
