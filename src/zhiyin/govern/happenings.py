"""What this room tells on a person's timeline: consents given and withdrawn."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import catalogue
from zhiyin.customers.timeline import Entry, Part, Provider, Row, register, shape
from zhiyin.customers.timeline.registry import Rows
from zhiyin.govern.models import ConsentChange


def _rows(customer: UUID) -> Rows:
    return shape(
        "consents", ConsentChange.objects.filter(customer=customer), at="at", channel="channel",
        purpose="purpose", granted="granted", evidence="evidence", by="by__name",
    )  # fmt: skip


def _tell(row: Row) -> Entry:
    granted = bool(row.data["granted"])
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    channel = catalogue.CHANNELS.get(str(row.data["channel"]), {}).get(language, "")
    purpose = catalogue.PURPOSES.get(str(row.data["purpose"]), {}).get(language, "")
    what = " ".join(dict.fromkeys(part for part in (channel, purpose) if part))
    verb = gettext("Gave consent:") if granted else gettext("Withdrew consent:")
    detail = ", ".join(str(row.data[one]) for one in ("evidence", "by") if row.data[one])
    icon = "shield-check" if granted else "shield-x"
    return Entry("consent", row.key, row.at, icon, [Part(verb), Part(what, strong=True)], detail)


CONSENTS = register(Provider("consents", {"consent": _("Consent changes")}, _rows, _tell))
