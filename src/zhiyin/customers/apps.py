"""The customers room as a Django app; on start it gathers what every room tells on the timeline."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CustomersConfig(AppConfig):
    """Imports each room's happenings.py, which registers what it tells on the timeline."""

    name = "zhiyin.customers"
    label = "customers"

    def ready(self) -> None:
        from zhiyin.accounts import workspace
        from zhiyin.customers import configured
        from zhiyin.objects.custom import indexes

        autodiscover_modules("happenings", "belongings")
        configured.register()
        indexes.register_use(_asked_by_segments)
        workspace.register_money_check(_money_is_in)


def _money_is_in() -> bool:
    """Whether amounts are here that would mean another sum in another currency."""
    from zhiyin.customers.models import Order

    return Order.objects.exists()


def _asked_by_segments(object_type: str) -> set[str]:
    """The custom fields that the rule of a segment asks about, for their indexes."""
    from zhiyin.customers.models import Segment
    from zhiyin.customers.segmentation import rule_of
    from zhiyin.segments import FieldIs, walk

    if object_type != "customer":
        return set()
    rules = (rule_of(one) for one in Segment.objects.filter(archived_at=None))
    nodes = (node for rule in rules for _, node in walk(rule.root))
    return {one.field for one in nodes if isinstance(one, FieldIs) and one.field.startswith("c_")}
