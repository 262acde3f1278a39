"""Work for the background: training the models, deciding golden records anew, matching profiles,
big merges, when customers were last here."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from functools import partial
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from zhiyin.accounts import access, work
from zhiyin.accounts.models import User, Work
from zhiyin.customers import figures, notices, profiles
from zhiyin.customers.models import Customer
from zhiyin.customers.services import tagging
from zhiyin.talk.emitting import notify

KIND = "train"


@app.task(queue="training", lock="training")
def train(work_id: str, by: str) -> None:
    """Train all models under their `Work`; run twice, it trains twice and harms nothing."""
    from zhiyin.customers import training  # seconds of imports that nothing else needs

    one = Work.objects.get(pk=work_id)
    if one.is_over:
        return
    user = User.objects.get(pk=by)
    try:
        with work.running(one) as running:
            told = training.train(by=user, progress=partial(work.progress, running))
            work.finish_with(running, {"version": told.version, "customers": told.customers})
            notify([user], notices.TRAINED, customers=told.customers)
    except Exception:
        notify([user], notices.FAILED)
        raise


@app.periodic(cron="*/5 * * * *")
@app.task(queue="customers", lock="seen", queueing_lock="seen", pass_context=False)
def see_customers(timestamp: int) -> None:
    """Every five minutes: when customers were last here, from what came meanwhile."""
    figures.see(timezone.now())


@app.task(queue="identity", lock="identity", pass_context=False)
def merge_big(cell: str) -> None:
    """A merge that moves many identifiers, in a lane of its own: the pump does not wait for it."""
    from zhiyin.customers.identities import book, moving

    at = timezone.now()
    with transaction.atomic():
        decided = book.settle([UUID(cell)], at=at)
        moving.apply(decided, at=at, big=True)


@app.periodic(cron="20 3 * * *")
@app.task(queue="identity", lock="identity", queueing_lock="match all", pass_context=False)
def match_everybody(timestamp: int) -> None:
    """Every night: compare all profiles, with a model learned from them anew."""
    from zhiyin.customers.identities import matching  # seconds of imports that nothing else needs

    matching.match(at=timezone.now(), everybody=True)


@app.periodic(cron="50 * * * *")
@app.task(queue="identity", lock="identity", queueing_lock="match new", pass_context=False)
def match_new(timestamp: int) -> None:
    """Every hour: compare who came or changed since with everybody."""
    from zhiyin.customers.identities import matching

    matching.match(at=timezone.now(), everybody=False)


def merge_later(cells: Collection[UUID]) -> None:
    """Queue big merges, with the transaction; one that waits already is not queued again."""
    for cell in sorted(map(str, cells)):
        with suppress(AlreadyEnqueued):
            with transaction.atomic():
                merge_big.configure(queueing_lock=f"merge {cell}").defer(cell=cell)
            notify(_who_merges(), notices.BIG_MERGE)


def _who_merges() -> list[User]:
    """Those who may merge anybody with anybody: a few of them are told of large merges."""
    people = User.objects.filter(is_active=True, kind=User.Kind.PERSON).order_by("pk")
    found = (one for one in people.iterator()
             if access.scope_of(one, "customer.merge") is access.Scope.ALL)  # fmt: skip
    return list(islice(found, 20))


def under_way() -> Work | None:
    """The training that waits or runs, whoever began it."""
    return work.under_way(KIND)


@transaction.atomic
def begin(*, by: User) -> Work:
    """Queue a training; where one is under way already, that one is returned."""
    access.require(by, "model.train")
    running = under_way()
    if running is not None:
        return running
    one = work.start(KIND, by=by, title_zh="训练模型", title_en="Train the models")
    train.defer(work_id=str(one.pk), by=str(by.pk))
    return one


@app.periodic(cron="7 * * * *")
@app.task(queue="customers", lock="tags", queueing_lock="tags", pass_context=False)
def apply_tag_rules(timestamp: int) -> None:
    """Every hour: tags by rule and by model, and those whose day has come."""
    tagging.apply_all(timezone.now())


@app.task(queue="customers", lock="tags")
def apply_tag_rules_now() -> None:
    """The same at once, after a rule was made; twice harms nothing."""
    tagging.apply_all(timezone.now())


DECIDED_AT_ONCE = 2_000


@app.task(queue="customers", lock="golden")
def redecide(work_id: str, fields: list[str]) -> None:
    """Decide the golden record of everybody anew, a chunk a transaction; twice harms nothing."""
    one = Work.objects.get(pk=work_id)
    if one.is_over:
        return
    with work.running(one) as running:
        changed = seen = 0
        total, last = Customer.objects.count(), UUID(int=0)
        while True:
            found = Customer.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
            ids = list(found[:DECIDED_AT_ONCE])
            if not ids:
                break
            with transaction.atomic():
                changed += len(profiles.decide_anew(ids, at=timezone.now(), fields=fields))
            seen, last = seen + len(ids), ids[-1]
            work.progress(running, "decide", seen, total)
        work.finish_with(running, {"changed": changed})


def begin_redeciding(fields: list[str], *, by: User) -> Work:
    """Queue it; the screen watches the returned work."""
    one = work.start("golden", by=by, title_zh="重新选定客户资料", title_en="Decide profiles anew")
    redecide.defer(work_id=str(one.pk), fields=fields)
    return one
