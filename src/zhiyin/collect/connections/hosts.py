"""Which machines sources may call by other ways than HTTP: those that the operator opened.

Databases, SFTP and mail servers, brokers and object stores of a company lie inside its network, so
no list of public addresses helps; each host is named in `ZHIYIN_SOURCE_HOSTS`.
"""

from __future__ import annotations

from django.conf import settings

from zhiyin.collect.connections.problems import NotAllowed

CONNECT_S = 10


def require_open(host: str, port: int) -> None:
    """Raises `NotAllowed` unless the operator opened this host, or this port of it."""
    if not {host, f"{host}:{port}"} & set(settings.SOURCE_HOSTS):
        raise NotAllowed(
            "这个地址没有对知音开放，请管理员在 ZHIYIN_SOURCE_HOSTS 中加入它。",
            "This host is not open to Zhiyin; the operator adds it to ZHIYIN_SOURCE_HOSTS.",
        )
