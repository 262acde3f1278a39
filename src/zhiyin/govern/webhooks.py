"""What this room tells other systems: a consent was given or withdrawn, a customer was erased."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.connect.catalogue import Data, EventType, register
from zhiyin.connect.models import Occurrence
from zhiyin.customers.webhooks import in_sight
from zhiyin.govern.models import Consent

_ID = "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11"


def _tell(owner: User, occurrence: Occurrence, with_values: bool) -> Data | None:
    """The consents that changed, as they stand now: what counts is the newest word."""
    customer = in_sight(owner, occurrence.object_id)
    if customer is None or not access.allowed(owner, "consent.see"):
        return None
    stand = {
        f"{one.channel}:{one.purpose}": one.granted
        for one in Consent.objects.filter(customer=customer)
    }
    changed = []
    for name in occurrence.fields:
        channel, _sep, purpose = name.partition(":")
        granted = stand.get(name, False)  # whoever is not in the register allowed nothing
        changed.append({"channel": channel, "purpose": purpose, "granted": granted})
    return {"id": str(customer.pk), "consents": changed}


def _tell_erased(owner: User, occurrence: Occurrence, with_values: bool) -> Data | None:
    """The id alone; nobody can say any more whose sight they were in, so who sees all hears it."""
    if access.scope_of(owner, "customer.see") is not access.Scope.ALL:
        return None
    return {"id": occurrence.object_id}


register(
    EventType(
        "customer.erased", _("A customer was erased"), _("Consent and requests"),
        "customer.see", _tell_erased, {"id": _ID},
    )
)  # fmt: skip
register(
    EventType(
        "consent.changed", _("A consent was given or withdrawn"), _("Consent and requests"),
        "consent.see", _tell,
        {"id": _ID, "consents": [{"channel": "email", "purpose": "marketing", "granted": False}]},
    )
)  # fmt: skip
