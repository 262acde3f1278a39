"""Tags: one person's, or those of many at once, with a way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Denied
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning.words import tidy
from zhiyin.connect import outbox
from zhiyin.customers.models import Customer, GivenTag, ProfileChange
from zhiyin.customers.services.values import CannotBe
from zhiyin.ids import uuid7

LONGEST_TAG = 60
MOST_TAGS = 50
MOST_AT_ONCE = 10_000
UNDO_FOR = timedelta(hours=1)
_BETWEEN = "\x1f"  # as profiles.py keeps a list in a text


@dataclass(frozen=True)
class Tagging:
    """What a bulk tagging did; `id` takes it back."""

    id: UUID
    changed: int
    had_it: int


def read_tag(text: str) -> str:
    """A tag as it is kept."""
    tag = tidy(text).strip(",，、;；|")
    if not tag:
        raise CannotBe(gettext("Write a tag"))
    if len(tag) > LONGEST_TAG:
        raise CannotBe(gettext("At most %(limit)s characters") % {"limit": LONGEST_TAG})
    return tag


@transaction.atomic
def set_tag(customer: Customer, text: str, *, by: User, on: bool) -> Customer:
    """Give one person a tag, or take it away."""
    access.require(by, "customer.tag", customer)
    tag = read_tag(text) if on else text
    fresh = Customer.objects.select_for_update().get(pk=customer.pk)
    if (tag in fresh.tags) is on:
        return fresh
    if on and len(fresh.tags) >= MOST_TAGS:
        raise CannotBe(gettext("At most %(limit)s tags a person") % {"limit": MOST_TAGS})
    before = fresh.tags
    fresh.tags = [*before, tag] if on else [one for one in before if one != tag]
    fresh.version += 1
    fresh.save(update_fields=["tags", "version"])
    if not on:
        GivenTag.objects.filter(customer=fresh, tag=tag).delete()
    ProfileChange.objects.create(
        customer=fresh, field="tags", before=_BETWEEN.join(before),
        after=_BETWEEN.join(fresh.tags), by=by, at=timezone.now(),
    )  # fmt: skip
    record(by, "customer.tagged", fresh, added=on)
    outbox.tell("customer.tagged", fresh.pk, fields=["tags"])
    return fresh


@transaction.atomic
def tag_many(people: QuerySet[Customer], text: str, *, by: User) -> Tagging:
    """Give many a tag. `people` are narrowed to those whom `by` may tag."""
    access.require(by, "customer.tag")
    tag = read_tag(text)
    reached = access.scoped(by, people, "customer.tag").order_by().values_list("pk", flat=True)
    ids = list(reached[: MOST_AT_ONCE + 1])
    if len(ids) > MOST_AT_ONCE:
        raise CannotBe(gettext("At most %(limit)s people at once") % {"limit": f"{MOST_AT_ONCE:,}"})
    wanted = Customer.objects.select_for_update().filter(pk__in=ids).exclude(tags__contains=[tag])
    chosen = list(wanted.order_by("pk").values_list("pk", "tags"))
    batch, now = uuid7(), timezone.now()
    ProfileChange.objects.bulk_create(
        [
            ProfileChange(
                customer_id=pk, field="tags", before=_BETWEEN.join(tags),
                after=_BETWEEN.join([*tags, tag]), by=by, batch=batch, at=now,
            )
            for pk, tags in chosen
        ],
        batch_size=5000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_customer set tags = array_append(tags, %s), version = version + 1"
            " where id = any(%s)",
            [tag, [pk for pk, _ in chosen]],
        )
    record(by, "customers.tagged", None, batch=batch, changed=len(chosen))
    outbox.tell_many("customer.tagged", {pk: ["tags"] for pk, _ in chosen})
    return Tagging(batch, len(chosen), len(ids) - len(chosen))


@transaction.atomic
def untag_many(batch: UUID, *, by: User) -> int:
    """Take a bulk tagging back: only the one who did it, within the hour, as far as it stands."""
    access.require(by, "customer.tag")
    made = ProfileChange.objects.filter(
        batch=batch, by=by, field="tags", at__gte=timezone.now() - UNDO_FOR
    )
    changes = list(made.order_by("customer_id"))
    if not changes:
        raise Denied("customer.tag")
    (tag,) = set(_tags(changes[0].after)) - set(_tags(changes[0].before))
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_customer set tags = array_remove(tags, %s), version = version + 1"
            " where id = any(%s) and tags @> array[%s]::varchar[] returning id",
            [tag, [change.customer_id for change in changes], tag],
        )
        untagged = [row[0] for row in cursor.fetchall()]
    made.delete()
    record(by, "customers.untagged", None, batch=batch, changed=len(untagged))
    outbox.tell_many("customer.tagged", {pk: ["tags"] for pk in untagged})
    return len(untagged)


def _tags(text: str) -> list[str]:
    return text.split(_BETWEEN) if text else []
