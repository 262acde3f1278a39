"""What this room and the collect room tell: orders, events, notes, tasks and profile changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import Sensitivity
from zhiyin.collect.models import Event
from zhiyin.customers import catalogue
from zhiyin.customers.models import Joining, Note, Order, ProfileChange, Task
from zhiyin.customers.timeline import event_kinds
from zhiyin.customers.timeline.entries import Entry, Part
from zhiyin.customers.timeline.event_kinds import VISITS
from zhiyin.customers.timeline.registry import Provider, Row, Rows, register, shape
from zhiyin.files.models import File
from zhiyin.objects.definitions import fields_of, object_type
from zhiyin.objects.levels import sensitivity_of
from zhiyin.talk.models import Comment

ORDER_EVENTS = ("Order Completed", "Order Refunded", "Profile Updated")
_HOT = {"Complaint Raised", "Return Policy Viewed"}
_ICONS = {
    "Page Viewed": "eye", "Product Viewed": "eye", "Product Added": "shopping-cart",
    "Checkout Started": "credit-card", "Cart Abandoned": "shopping-cart-x",
    "Return Policy Viewed": "eye-exclamation", "Ticket Opened": "message-circle",
    "Complaint Raised": "mood-sad", "Ticket Closed": "circle-check", "Product Reviewed": "star",
    "Email Suppressed": "mail-off", "Email Failed": "mail-off", "Email Unsubscribed": "mail-off",
}  # fmt: skip
_MORE_NAMES = {
    "Cart Abandoned": {"zh": "放下购物车走了", "en": "left the cart behind"},
    "Ticket Closed": {"zh": "工单结束", "en": "ticket closed"},
    "Email Delivered": {"zh": "邮件送达", "en": "e-mail delivered"},
    "Email Bounced": {"zh": "邮件被退回", "en": "e-mail came back"},
    "Email Suppressed": {"zh": "未发送邮件", "en": "e-mail not sent"},
    "Email Failed": {"zh": "邮件发送失败", "en": "e-mail failed"},
    "Email Unsubscribed": {"zh": "退订邮件", "en": "unsubscribed from e-mail"},
    "Email Opened": {"zh": "打开邮件", "en": "opened an e-mail"},
    "Email Clicked": {"zh": "点了邮件里的链接", "en": "followed a link in an e-mail"},
}


# Why somebody was not written to, as the events of a campaign say it.
_REASONS = {
    "held_out": {"zh": "对照组，不触达", "en": "held out, not contacted"},
    "no_consent": {"zh": "没有同意", "en": "no consent"},
    "no_address": {"zh": "没有地址", "en": "no address"},
    "suppressed": {"zh": "在禁发名单上", "en": "on the suppression list"},
    "capped": {"zh": "已达频次上限", "en": "frequency cap reached"},
    "template": {"zh": "文中有一处没有内容可填", "en": "a placeholder had no value"},
    "failed": {"zh": "发送失败", "en": "sending failed"},
    "cancelled": {"zh": "活动已取消", "en": "the campaign was cancelled"},
}


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def event_name(name: str) -> str:
    """What an event is called in the reader's language."""
    known = catalogue.EVENTS.get(name) or _MORE_NAMES.get(name)
    if known is None:
        return name
    text = known["zh" if _chinese() else "en"]
    return text[:1].upper() + text[1:]


def _orders(customer: UUID) -> Rows:
    return shape("orders", Order.objects.filter(customer=customer), at="ordered_at",
                 source="source_id", kind="kind", number="number", total="total",
                 currency="currency", lines="lines", simulated="simulated")  # fmt: skip


def _tell_order(row: Row) -> Entry:
    data, returned = row.data, row.data["kind"] == Order.Kind.RETURN
    verb = gettext("Returned goods") if returned else gettext("Order")
    parts = [
        Part(verb),
        Part(str(data["number"]), url=f"?tab=orders#o{row.key}"),
        Part(money=Decimal(str(data["total"])), currency=str(data["currency"]), strong=True),
    ]
    return Entry(
        "order", row.key, row.at, "truck-return" if returned else "shopping-bag", parts,
        gettext("%(count)s lines") % {"count": data["lines"]},
        simulated=bool(data["simulated"]), source=str(row.source or ""),
        fields=("orders", "revenue"),
    )  # fmt: skip


def _events(customer: UUID) -> Rows:
    rows = Event.objects.filter(customer_id=customer).exclude(name__in=ORDER_EVENTS)
    return shape("events", rows, at="at", source="source_id", name="name",
                 properties="properties", simulated="simulated")  # fmt: skip


def tell_event(row: Row) -> Entry:
    """An event of any kind, hot or from the lake."""
    name = str(row.data["name"])
    facts = {str(k).casefold(): v for k, v in dict(row.data.get("properties") or {}).items()}
    kind = event_kinds.kind_of(name)
    what = _first(facts, "product", "title", "page", "subject", "sku", "reference")[:120]
    parts = [Part(event_name(name)), *([Part(what, strong=True)] if what else [])]
    return Entry(
        kind, row.key, row.at, _ICONS.get(name, event_kinds.ICONS.get(kind, "point")), parts,
        detail=_reason(facts) if kind == "message" else _first(facts, "channel"),
        side="hot" if name in _HOT else "ours" if name in ("Email Sent", "Message Sent") else "",
        quote=_first(facts, "text", "review"), simulated=bool(row.data["simulated"]),
        source=str(row.source or ""), folds="visit" if name in VISITS else "",
    )  # fmt: skip


def _reason(facts: dict[str, Any]) -> str:
    known = _REASONS.get(str(facts.get("reason") or ""))
    return known["zh" if _chinese() else "en"] if known else ""


def _first(facts: dict[str, Any], *names: str) -> str:
    return next((str(facts[name])[:300] for name in names if facts.get(name)), "")


def _notes(customer: UUID) -> Rows:
    rows = Note.objects.filter(customer=customer)
    return shape("notes", rows, at="at", text="text", by="by__name")


def _tell_note(row: Row) -> Entry:
    parts = [Part(gettext("Note by")), Part(str(row.data["by"] or ""), strong=True)]
    return Entry("note", row.key, row.at, "pencil", parts, side="ours",
                 quote=str(row.data["text"]))  # fmt: skip


def _tasks(customer: UUID) -> Rows:
    rows = Task.objects.filter(customer=customer)
    return shape("tasks", rows, at="created_at", title="title", owner="owner__name",
                 done="done_at")  # fmt: skip


def _tell_task(row: Row) -> Entry:
    done = bool(row.data["done"])
    parts = [Part(gettext("Task")), Part(str(row.data["title"]), strong=True)]
    state = gettext("done") if done else gettext("still to do")
    return Entry("task", row.key, row.at, "checkbox" if done else "square", parts,
                 f"{row.data['owner']}, {state}", side="ours")  # fmt: skip


def _changes(customer: UUID) -> Rows:
    rows = ProfileChange.objects.filter(customer=customer)
    return shape("changes", rows, at="at", field="field", before="before", after="after",
                 by="by__name", batch="batch")  # fmt: skip


def _tell_change(row: Row) -> Entry | None:
    field, of = str(row.data["field"]).removesuffix("_id"), object_type("customer")
    known = fields_of(of).get(field)
    if known is None:  # nobody says any more how close it is to a person
        return None
    parts = [Part(gettext("Profile")), Part(str(known.label), strong=True)]
    # A mask is no use where history tells.
    plain = sensitivity_of(of, known) is Sensitivity.PLAIN
    told = plain and field not in ("department", "owner", "company")
    if told:
        before, after = (_readable(str(row.data[one] or "")) for one in ("before", "after"))
        parts.append(Part(f"{before or '–'} → {after or '–'}"))
    who = str(row.data["by"] or "") or gettext("from an import")
    side = "ours" if row.data["by"] else ""
    return Entry("profile", row.key, row.at, "id", parts, who, side=side, fields=(field,),
                 bare=not told,
                 folds="" if row.data["by"] else f"import:{row.data['batch']}")  # fmt: skip


def _joinings(customer: UUID) -> Rows:
    rows = Joining.objects.filter(customer=customer)
    return shape("joinings", rows, at="at", what="what", by="by__name")


def _tell_joining(row: Row) -> Entry:
    merged = row.data["what"] == Joining.What.MERGED
    text = gettext("Merged with another profile") if merged else gettext("Parted from a profile")
    who = str(row.data["by"] or "") or gettext("by links")
    icon = "git-merge" if merged else "arrows-split"
    side = "ours" if row.data["by"] else ""
    return Entry("identity", row.key, row.at, icon, [Part(text)], who, side=side)


def _files(customer: UUID) -> Rows:
    rows = File.objects.filter(record_type="customer", record_id=customer, deleted_at=None)
    return shape("files", rows, at="created_at", name="name", by="by__name")


def _tell_file(row: Row) -> Entry:
    parts = [Part(gettext("File")), Part(str(row.data["name"]), url="?tab=files", strong=True)]
    return Entry("file", row.key, row.at, "paperclip", parts, str(row.data["by"]), side="ours")


def _comments(customer: UUID) -> Rows:
    rows = Comment.objects.filter(record_type="customer", record_id=customer, deleted_at=None)
    return shape("comments", rows, at="created_at", text="text", by="by__name")


def _tell_comment(row: Row) -> Entry:
    parts = [Part(gettext("Comment by")), Part(str(row.data["by"]), strong=True)]
    return Entry("comment", row.key, row.at, "message", parts, side="ours",
                 quote=str(row.data["text"])[:600])  # fmt: skip


def _readable(text: str) -> str:
    return ", ".join(text.split("\x1f"))[:120]


ORDERS = register(Provider("orders", {"order": _("Orders")}, _orders, _tell_order))
EVENTS = register(
    Provider(
        "events",
        {"visit": _("Visits"), "service": _("Service"), "review": _("Reviews"),
         "message": _("Messages"), "social": _("Social media"), "device": _("Devices"),
         "event": _("Other events")},
        _events,
        tell_event,
        event_kinds.NARROW,
    )
)  # fmt: skip
NOTES = register(Provider("notes", {"note": _("Notes")}, _notes, _tell_note))
TASKS = register(Provider("tasks", {"task": _("Tasks")}, _tasks, _tell_task))
CHANGES = register(Provider("changes", {"profile": _("Profile changes")}, _changes, _tell_change))
JOININGS = register(Provider("joinings", {"identity": _("Merges")}, _joinings, _tell_joining))
FILES = register(Provider("files", {"file": _("Files")}, _files, _tell_file))
COMMENTS = register(Provider("comments", {"comment": _("Comments")}, _comments, _tell_comment))
