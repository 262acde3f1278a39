"""Customers who are probably one person, found by what stands on their profiles.

On a schedule: everybody against everybody at night, with a model learned anew from the profiles
themselves; whoever came or changed against everybody in between. Sure pairs are linked, likely ones
are proposed to people (*Identity review*). Nobody is linked again who was kept apart.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import structlog
from django.conf import settings
from django.db import connection, transaction

from zhiyin.customers.identities import deciding, own
from zhiyin.customers.models import Customer, Proposal, Reached
from zhiyin.identity import deciding as judging
from zhiyin.identity import matching, model, records
from zhiyin.identity.guarded import Held
from zhiyin.identity.model import Model, UnfitModelError, UnfitRecordsError
from zhiyin.identity.reasons import waterfall

log = structlog.get_logger(__name__)
REACHED = "matched"
MOST_NEW = 20_000  # who came or changed since; more wait for the night
_COLUMNS = ("record", "source", "name", "phone", "email", "birth_date", "province", "city")
_PEOPLE = """
select id::text, 'customers', nullif(name, ''), nullif(phone, ''), nullif(email, ''),
    birth_date::text, nullif(province, ''), nullif(city, '')
from customers_customer where {where} order by id
"""
_CAME = """
select id from customers_customer where created_at > %(since)s
union select customer_id from customers_profilechange where at > %(since)s
    and field in ('name', 'phone', 'email', 'birth_date', 'province', 'city')
limit %(most)s
"""


@dataclass
class Matched:
    """What a matching found: pairs that were linked, those proposed, and those a bound held."""

    records: int = 0
    linked: int = 0
    proposed: int = 0
    held: int = 0


def match(*, at: datetime, everybody: bool, memory: str | None = None) -> Matched:
    """Compare; link what is sure, propose what is likely."""
    reached = Reached.objects.filter(name=REACHED).first()
    kept = None if everybody else _kept_model()
    if kept is None or reached is None:
        done = _match_all(at, memory)
    else:
        done = _match_new(kept, reached.at, at, memory)
    Reached.objects.update_or_create(name=REACHED, defaults={"at": at})
    log.info("matched", everybody=everybody, **vars(done))
    return done


def _match_all(at: datetime, memory: str | None) -> Matched:
    table = records.comparable(_people())
    try:
        learned = model.train(table)
    except UnfitRecordsError:
        return Matched(records=len(table))
    _keep_model(learned)
    scored = matching.within(table, learned, memory=memory)
    return _carry_out(scored, table, learned, at)


def _match_new(kept: Model, since: datetime, at: datetime, memory: str | None) -> Matched:
    with connection.cursor() as cursor:
        cursor.execute(_CAME, {"since": since, "most": MOST_NEW})
        fresh = {str(row[0]) for row in cursor.fetchall()}
    if not fresh:
        return Matched()
    table = records.comparable(_people())
    new = pa.compute.is_in(table["record"], value_set=pa.array(sorted(fresh), pa.string()))
    scored = matching.between(
        table.filter(new), table.filter(pa.compute.invert(new)), kept, memory=memory
    )
    return _carry_out(scored, table, kept, at)


def _people(where: str = "true") -> pa.Table:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE.format(where=where))
        columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(_COLUMNS)
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.table(arrays, names=list(_COLUMNS))


def _carry_out(scored: pa.Table, table: pa.Table, learned: Model, at: datetime) -> Matched:
    decided = judging.decide(scored, table)
    done = Matched(records=len(table))
    apart = _settled(Proposal.State.APART)
    for row, pair in enumerate(decided.links.to_pylist()):
        ids = UUID(pair["a"]), UUID(pair["b"])
        if ids in apart:
            continue
        _link(ids, pair["probability"], _evidence(decided.links, row, learned), learned, at, done)
    _propose(
        (
            (pair, pair["why"], _evidence(decided.review, row, learned))
            for row, pair in enumerate(decided.review.to_pylist())
        ),
        learned, at, done,
    )  # fmt: skip
    return done


def _link(
    ids: tuple[UUID, UUID], probability: float, evidence: list[dict[str, Any]], learned: Model,
    at: datetime, done: Matched,
) -> None:  # fmt: skip
    """One pair, in a transaction of its own; what a bound holds back waits for somebody."""
    here = [own.place_of(one) or one for one in ids]
    if here[0] == here[1] or Customer.objects.filter(pk__in=here).count() < 2:
        return
    values = {"probability": probability, "bits": sum(one["bits"] for one in evidence),
              "evidence": evidence, "model": learned.version, "found_at": at}  # fmt: skip
    state, why = Proposal.State.MERGED, ""
    decision: UUID | None = None
    try:
        with transaction.atomic():
            decision = deciding.merge(
                here, by=None, rule="matched", probability=min(probability, 1.0)
            ).id
        done.linked += 1
    except deciding.Refused as refused:
        apart = refused.why is Held.APART
        state = Proposal.State.APART if apart else Proposal.State.OPEN
        why = refused.why.value if refused.why else ""
        done.held += 1
    Proposal.objects.update_or_create(
        customer_id=min(ids), other_id=max(ids),
        defaults={**values, "state": state, "why": why, "decision": decision,
                  "decided_at": at if decision else None},
    )  # fmt: skip


def _propose(
    pairs: Iterable[tuple[dict[str, Any], str, list[dict[str, Any]]]], learned: Model,
    at: datetime, done: Matched,
) -> None:  # fmt: skip
    """Likely pairs for people; what somebody decided stays decided."""
    found = [
        Proposal(
            customer_id=UUID(pair["a"]), other_id=UUID(pair["b"]),
            probability=pair["probability"], bits=pair["bits"], why=why, evidence=evidence,
            model=learned.version, found_at=at,
        )
        for pair, why, evidence in pairs
    ]  # fmt: skip
    decided = _settled(Proposal.State.APART) | _settled(Proposal.State.MERGED)
    fresh = [one for one in found if (one.customer_id, one.other_id) not in decided]
    Proposal.objects.bulk_create(
        fresh, batch_size=2000, update_conflicts=True, unique_fields=["customer_id", "other_id"],
        update_fields=["probability", "bits", "why", "evidence", "model"],
    )  # fmt: skip
    done.proposed = len(fresh)


def _settled(state: Proposal.State) -> set[tuple[UUID, UUID]]:
    return set(Proposal.objects.filter(state=state).values_list("customer_id", "other_id"))


def _evidence(scored: pa.Table, row: int, learned: Model) -> list[dict[str, Any]]:
    """The waterfall of a pair: fields, what was found, bits; no value of anybody."""
    return [
        {"field": bar.field, "level": bar.level, "zh": bar.words.zh, "en": bar.words.en,
         "found_zh": bar.found.zh, "found_en": bar.found.en, "bits": round(bar.bits, 3)}
        for bar in waterfall(scored, row, learned)
    ]  # fmt: skip


def _path() -> Path:
    return Path(settings.DATA) / "models" / "identity.json"


def _kept_model() -> Model | None:
    """The model that was learned last; none where there is none, or it is damaged."""
    try:
        return Model.from_json(_path().read_text(encoding="utf-8"))
    except (FileNotFoundError, UnfitModelError):
        return None


def _keep_model(learned: Model) -> None:
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(learned.to_json(), encoding="utf-8")
    os.replace(part, path)
