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

        autodiscover_modules("happenings")
        configured.register()
        workspace.register_money_check(_money_is_in)


def _money_is_in() -> bool:
    """Whether amounts are here that would mean another sum in another currency."""
    from zhiyin.customers.models import Order

    return Order.objects.exists()
