"""Segments of this workspace: what rules may speak of, and the answers PostgreSQL gives them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg import errors, sql

from zhiyin import segments as language
from zhiyin.accounts import access, seat
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.customers import catalogue
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.models import Customer, Segment, SegmentMember, SegmentVersion
from zhiyin.segments import POSTGRESQL, Problem, Remaining, Rule

STATEMENT_SECONDS = 20


class _When(TypedDict):
    as_of: datetime
    zone: ZoneInfo


@dataclass(frozen=True)
class Counted:
    """How many are in a rule, and how long the answer took."""

    count: int
    milliseconds: int


class TooSlow(RuntimeError):  # noqa: N818  (the question was too broad, nothing is broken)
    """PostgreSQL was stopped after `STATEMENT_SECONDS`."""


@dataclass(frozen=True)
class Reach:
    """How many of a rule's people can be written to, by consent and address."""

    people: int
    email: int
    sms: int
    wechat: int
    stays: float | None  # the mean chance to buy again, where somebody has been scored


def decode(data: bytes) -> Rule:
    """A rule from JSON; raises ValueError where it is none."""
    return language.load(data)


def rule_of(segment: Segment) -> Rule:
    """The rule of a stored segment."""
    return decode(msgspec.json.encode(segment.tree))


def problems(
    rule: Rule, *, user: User | None = None, segment: Segment | None = None
) -> list[Problem]:
    """What is wrong with a rule, in both languages; empty where it can be asked."""
    found = language.check(rule, catalogue.current(user))
    if segment is not None and not found:
        others = {str(s.pk): rule_of(s) for s in Segment.objects.filter(archived_at=None)}
        found = language.check_cycle(str(segment.pk), rule, others)
    return found


def sentence(rule: Rule) -> dict[str, str]:
    """The rule in plain words."""
    known = catalogue.current()
    return {
        "zh": language.text(language.sentence(rule, known, "zh")),
        "en": language.text(language.sentence(rule, known, "en")),
    }


def count(rule: Rule, *, user: User | None = None) -> Counted:
    """How many customers a rule holds now; for a user, of those whom they may see."""
    begun = time.perf_counter()
    with _asking(user) as asking:
        compiled = language.count(rule, asking.known, asking.relations, POSTGRESQL, **asking.when)
        row = asking.row(compiled)
    return Counted(int(row[0]), round(1000 * (time.perf_counter() - begun)))


def waterfall(rule: Rule, *, user: User | None = None) -> tuple[list[Remaining], int, int]:
    """How many remain after each condition, from how many, and the milliseconds it took."""
    begun = time.perf_counter()
    with _asking(user) as asking:
        plan = language.waterfall(rule, asking.known, asking.relations, POSTGRESQL, **asking.when)
        row = asking.row(plan.query)
    return plan.read(row), int(row[0]), round(1000 * (time.perf_counter() - begun))


def member_ids(rule: Rule, *, user: User | None = None) -> list[UUID]:
    """Everybody in a rule."""
    with _asking(user) as asking:
        compiled = language.members(rule, asking.known, asking.relations, POSTGRESQL, **asking.when)
        return [row[0] for row in asking.rows(compiled)]


def sample(rule: Rule, user: User, *, size: int = 8, offset: int = 0) -> list[Customer]:
    """Some of those in a rule whom this user may see, the most valuable first."""
    people = Customer.objects.filter(id__in=member_ids(rule, user=user))
    return list(people.order_by("-revenue", "id")[offset : offset + size])


def some_of(rule: Rule, user: User, *, size: int = 8, draw: int = 0) -> list[Customer]:
    """A few of those in a rule whom this user may see, drawn anew for each `draw`."""
    with _asking(user) as asking:
        found = language.members(rule, asking.known, asking.relations, POSTGRESQL, **asking.when)
        rows = asking.rows(
            language.Compiled(
                f"SELECT customer_id FROM ({found.sql}) AS found"  # noqa: S608
                " ORDER BY hashtextextended(customer_id::text, %(draw_)s), customer_id"
                " LIMIT %(size_)s",
                {**found.params, "draw_": draw, "size_": size},
            )
        )
    people = Customer.objects.in_bulk([row[0] for row in rows])
    return [people[row[0]] for row in rows if row[0] in people]


def reach(rule: Rule, *, user: User | None = None) -> Reach:
    """Who of a rule can be written to. What the suppression list and the cap take away, the
    sending itself leaves out and says so."""
    agreed = (
        "c.id IN (SELECT customer_id FROM govern_consent WHERE channel = '{0}'"
        " AND purpose = 'marketing' AND granted)"
    )
    wechat = "c.id IN (SELECT customer_id FROM customers_identifier WHERE kind = 'wechat')"
    with _asking(user) as asking:
        found = language.members(rule, asking.known, asking.relations, POSTGRESQL, **asking.when)
        row = asking.row(
            language.Compiled(
                "SELECT count(*),"  # noqa: S608
                f" count(*) FILTER (WHERE c.email <> '' AND {agreed.format('email')}),"
                f" count(*) FILTER (WHERE c.phone <> '' AND {agreed.format('sms')}),"
                f" count(*) FILTER (WHERE {wechat} AND {agreed.format('wechat')}),"
                " 1 - avg(c.churn_risk)"
                f" FROM ({found.sql}) AS found JOIN customers_customer c ON c.id = customer_id",
                found.params,
            )
        )
    people, email, sms, wechat, stays = row
    return Reach(people, email, sms, wechat, stays)


def statement(rule: Rule, *, user: User | None = None) -> language.Compiled:
    """What PostgreSQL is asked for a rule: the text, and the values that travel beside it."""
    with _asking(user) as asking:
        return language.members(rule, asking.known, asking.relations, POSTGRESQL, **asking.when)


@transaction.atomic
def save(segment: Segment, rule: Rule, *, by: User) -> Segment:
    """Store a rule; a changed one is a new version. Members are computed at once."""
    access.require(by, "segment.change", None if segment._state.adding else segment)
    tree = msgspec.json.decode(language.dump(rule))  # as the database gives it back: lists
    if not segment._state.adding and segment.tree != tree:
        segment.version += 1
    segment.tree = tree
    segment.save()
    SegmentVersion.objects.get_or_create(
        segment=segment, version=segment.version, defaults={"tree": tree, "by": by}
    )
    refresh(segment)
    record(by, "segment.saved", segment, version=segment.version)
    return segment


@transaction.atomic
@seat.system("the members are the same whoever asks for the refresh")
def refresh(segment: Segment) -> int:
    """Who is in the segment now: those who left go, those who came get today as `since`."""
    ids = member_ids(rule_of(segment))
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from customers_segmentmember where segment_id = %s and customer_id <> all(%s)",
            [segment.pk, ids],
        )
        cursor.execute(
            "insert into customers_segmentmember (segment_id, customer_id, since)"
            " select %s, unnest(%s::uuid[]), %s on conflict do nothing",
            [segment.pk, ids, now],
        )
    segment.size, segment.computed_at = len(ids), now
    segment.save(update_fields=["size", "computed_at"])
    return len(ids)


def members_of(segment: Segment) -> list[UUID]:
    """Who was in the segment when it was last computed."""
    return list(SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True))


@dataclass(frozen=True)
class _Asking:
    """One question to PostgreSQL: what may be named, of whom, and as of when."""

    known: language.Catalogue
    relations: language.Relations
    when: _When

    def rows(self, compiled: language.Compiled) -> list[tuple[Any, ...]]:
        try:
            with connection.cursor() as cursor:
                cursor.execute(compiled.sql, compiled.params)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                return found
        except OperationalError as error:
            if isinstance(error.__cause__, errors.QueryCanceled):
                raise TooSlow from error
            raise

    def row(self, compiled: language.Compiled) -> tuple[Any, ...]:
        return self.rows(compiled)[0]


@contextmanager
def _asking(user: User | None) -> Iterator[_Asking]:
    """Bounded in time; a user with narrow sight asks a view of the rows they may see."""
    when: _When = {"as_of": data_as_of(), "zone": ZoneInfo(settings.TIME_ZONE)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"set local statement_timeout = {STATEMENT_SECONDS * 1000}")
        relations = language.Relations()
        if user is not None and access.scope_of(user, "customer.see") is not access.Scope.ALL:
            where, values = access.scope_sql(user, "customer")
            parts = where.split("%s")
            pieces: list[sql.Composable] = [sql.SQL(parts[0])]
            for value, part in zip(values, parts[1:], strict=True):
                pieces += [sql.Literal(value), sql.SQL(part)]
            cursor.execute("drop view if exists pg_temp.visible_customer")
            cursor.execute(
                sql.SQL("create temp view visible_customer as select * from customers_customer"
                        " where {}").format(sql.Composed(pieces))
            )  # fmt: skip
            relations = language.Relations(customers="visible_customer")
        yield _Asking(catalogue.current(), relations, when)
        cursor.execute("drop view if exists pg_temp.visible_customer")
