"""Tags by rule and by model, and tags that end: applied to everybody in a few statements.

A rule gives its tag to whoever is in its segment or scored high enough, and takes it from whoever
is not any more when their time has run out. A tag that somebody had for another reason stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, seat
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.connect import outbox
from zhiyin.customers import segmentation
from zhiyin.customers.models import Customer, GivenTag, Segment, TagRule
from zhiyin.customers.services.tags import MOST_TAGS, read_tag, set_tag
from zhiyin.customers.services.values import CannotBe

_GIVE = """
insert into customers_giventag (customer_id, tag, rule_id, since)
select c.id, %(tag)s, %(rule)s, %(now)s
from unnest(%(ids)s::uuid[]) as m(id) join customers_customer c on c.id = m.id
where (not c.tags @> array[%(tag)s]::varchar[] and cardinality(c.tags) < %(most)s)
   or exists (select from customers_giventag t where t.customer_id = c.id and t.tag = %(tag)s)
on conflict (customer_id, tag, rule_id) do update set until = null
where customers_giventag.until is not null
"""
_PUT = """
with had as (
    select c.id, c.tags from customers_giventag t join customers_customer c on c.id = t.customer_id
    where t.rule_id = %(rule)s and not c.tags @> array[%(tag)s]::varchar[] for update of c
), put as (
    update customers_customer c set tags = array_append(h.tags, %(tag)s), version = c.version + 1
    from had h where c.id = h.id returning c.id, h.tags as before, c.tags as after
)
insert into customers_profilechange (customer_id, field, before, after, at)
select id, 'tags', array_to_string(before, e'\\x1f'), array_to_string(after, e'\\x1f'), %(now)s
from put returning customer_id
"""
_LEAVE = """
update customers_giventag set until = %(until)s
where rule_id = %(rule)s and until is null and customer_id <> all(%(ids)s::uuid[])
"""
_END = """
with ended as (
    delete from customers_giventag where until <= %(now)s returning customer_id, tag
), gone as (
    select e.customer_id, array_agg(e.tag) as tags from ended e
    where not exists (
        select from customers_giventag t where t.customer_id = e.customer_id and t.tag = e.tag
          and (t.until is null or t.until > %(now)s))
    group by 1
), had as (
    select c.id, c.tags, g.tags as gone
    from gone g join customers_customer c on c.id = g.customer_id for update of c
), put as (
    update customers_customer c set version = c.version + 1,
        tags = array(select x from unnest(h.tags) with ordinality as u(x, n)
                     where x <> all(h.gone) order by n)
    from had h where c.id = h.id and h.tags && h.gone
    returning c.id, h.tags as before, c.tags as after
)
insert into customers_profilechange (customer_id, field, before, after, at)
select id, 'tags', array_to_string(before, e'\\x1f'), array_to_string(after, e'\\x1f'), %(now)s
from put returning customer_id
"""


@transaction.atomic
def make_rule(
    tag: str, *, by: User, segment: Segment | None = None, model: str = "",
    least: float | None = None, days: int | None = None,
) -> TagRule:  # fmt: skip
    """A tag for everybody in a segment, or for whom a model scores at least `least`."""
    access.require(by, "tag_rule.change")
    if segment is None and (not model or least is None):
        raise CannotBe(gettext("Choose a segment, or a model and its least score"))
    if segment is not None:
        access.require(by, "segment.see", segment)
    basis = TagRule.Basis.SEGMENT if segment else TagRule.Basis.MODEL
    one = TagRule.objects.create(
        tag=read_tag(tag), basis=basis, segment=segment, model="" if segment else model,
        least=None if segment else least, days=days, by=by,
    )  # fmt: skip
    record(by, "tag_rule.made", one, basis=basis.value)
    return one


@transaction.atomic
def remove_rule(one: TagRule, *, by: User) -> int:
    """The rule goes, and the tags that it gave; from how many people."""
    access.require(by, "tag_rule.change")
    now = timezone.now()
    GivenTag.objects.filter(rule=one).update(until=now)
    gone = end(now)
    record(by, "tag_rule.removed", one, people=gone)
    one.delete()
    return gone


@seat.system("a rule of tags is about everybody; who made it was asked")
def apply_all(now: datetime) -> int:
    """Apply every active rule and end what has ended; how many people's tags changed."""
    changed = 0
    for one in TagRule.objects.filter(active=True).select_related("segment"):
        with transaction.atomic():
            changed += _apply(one, now)
    with transaction.atomic():
        changed += end(now)
    return changed


def _apply(one: TagRule, now: datetime) -> int:
    ids = _who(one)
    until = now + timedelta(days=one.days or 0)
    given: dict[str, UUID | str | datetime | int | list[UUID]] = {
        "ids": [*ids], "tag": one.tag, "rule": one.pk, "now": now, "most": MOST_TAGS,
        "until": until,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_GIVE, given)
        cursor.execute(_PUT, given)
        changed = [row[0] for row in cursor.fetchall()]
        cursor.execute(_LEAVE, given)
    _tell(changed)
    one.applied_at, one.holders = now, GivenTag.objects.filter(rule=one).count()
    one.save(update_fields=["applied_at", "holders"])
    return len(changed)


def _who(one: TagRule) -> Sequence[UUID]:
    if one.segment is not None:
        return segmentation.member_ids(segmentation.rule_of(one.segment))
    with connection.cursor() as cursor:
        cursor.execute(
            "select customer_id from customers_score where model = %s and value >= %s",
            [one.model, one.least],
        )
        return [row[0] for row in cursor.fetchall()]


def end(now: datetime) -> int:
    """Take the tags whose time has run out; from how many people."""
    with connection.cursor() as cursor:
        cursor.execute(_END, {"now": now})
        changed = [row[0] for row in cursor.fetchall()]
    _tell(changed)
    return len(changed)


def _tell(changed: Sequence[UUID]) -> None:
    outbox.tell_many("customer.tagged", {pk: ["tags"] for pk in changed}, importing=True)


@transaction.atomic
def tag_until(customer: Customer, text: str, until: datetime, *, by: User) -> Customer:
    """Give one person a tag that goes by itself."""
    if until <= timezone.now():
        raise CannotBe(gettext("The day lies in the past"))
    tag = read_tag(text)
    fresh = set_tag(customer, tag, by=by, on=True)
    GivenTag.objects.update_or_create(
        customer=fresh, tag=tag, rule=None,
        defaults={"by": by, "since": timezone.now(), "until": until},
    )  # fmt: skip
    return fresh
