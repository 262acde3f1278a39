"""Consents of customers who become one person: what was said last holds; where two were said at one
moment, the refusal. What is said while they are one is said for all of them."""

from __future__ import annotations

from zhiyin.customers.identities.homes import belongs

belongs("govern_consent", once=("channel", "purpose"), prefer="r.at desc, r.granted",
        said=("granted", "at", "evidence", "batch"))  # fmt: skip
belongs("govern_consentchange")
