"""The names of what the models find, in both languages, for screens, filters and rules."""

from __future__ import annotations

from collections.abc import Mapping

from zhiyin.customers.models import Customer, ModelVersion
from zhiyin.insight.rfm import RULES

Text = Mapping[str, str]

TIERS: Mapping[str, Text] = {
    Customer.Tier.PLATINUM: {"zh": "铂金", "en": "Platinum"},
    Customer.Tier.GOLD: {"zh": "黄金", "en": "Gold"},
    Customer.Tier.REGULAR: {"zh": "普通", "en": "Regular"},
}
RFM_SEGMENTS: Mapping[str, Text] = {
    rule.key: {"zh": rule.name.zh, "en": rule.name.en} for rule in RULES
}


def personas() -> Mapping[str, Text]:
    """The personas of the training that is current, by their key on the profile."""
    current = ModelVersion.objects.filter(name="personas", current=True).first()
    found = current.scorecard.get("personas", []) if current else []
    return {f"p{one['key']}": one["name"] for one in found}
