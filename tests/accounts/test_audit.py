"""The audit trail: what is in it, that the database guards it, that every tampering is found."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tests import factories
from zhiyin.accounts import audit, audit_head
from zhiyin.accounts.audit_verify import Flaw, verify
from zhiyin.accounts.models import AuditEntry, AuditHead, AuditPending, User
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db
ENTRIES = 60
TAMPERINGS = 500


@pytest.fixture
def chain(django_capture_on_commit_callbacks: Callable[..., object]) -> User:
    """A whole chain with a head in the database and in the file."""
    anna = factories.user()
    for number in range(ENTRIES):
        audit.record(anna, "deal.won", anna, amount=Decimal("9.90"), rows=number, fields=["name"])
    with django_capture_on_commit_callbacks(execute=True):
        assert audit.chain_pending(limit=7) == ENTRIES
    return anna


def test_an_untouched_chain_has_no_findings(chain: User) -> None:
    assert verify() == []
    assert audit_head.read() == audit_head.read_file()


def test_an_entry_is_lost_with_the_deed_that_failed() -> None:
    with transaction.atomic():
        audit.record(None, "deal.won")
        transaction.set_rollback(True)
    assert not AuditPending.objects.exists()


def test_detail_takes_no_float_since_its_text_may_change() -> None:
    with pytest.raises(TypeError):
        audit.record(None, "deal.won", amount=1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sql",
    [
        "update accounts_auditentry set verb = 'x'",
        "delete from accounts_auditentry",
        "delete from accounts_audithead",
    ],
)
def test_the_database_refuses_to_change_the_trail(chain: User, sql: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        _execute(sql)


def test_the_database_refuses_to_truncate_the_trail(chain: User) -> None:
    _execute("alter table accounts_auditentry enable trigger audit_no_truncate")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        _execute("truncate accounts_auditentry")


def test_500_random_tamperings_are_all_found(chain: User) -> None:
    chance = random.Random(20261121)
    missed = []
    for number in range(TAMPERINGS):
        tamper = chance.choice(TAMPER)
        with Tampering():
            tamper(chance)
            if not verify():
                missed.append((number, tamper.__name__))
    assert missed == []
    assert verify() == []


def test_a_cut_tail_is_found_even_with_the_older_head_put_back(chain: User) -> None:
    old = audit_head.read()
    assert old is not None
    for _ in range(5):
        audit.record(chain, "deal.lost")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "on_commit", lambda write: write())
        audit.chain_pending()
    _execute("alter table accounts_auditentry disable trigger audit_no_change")
    _execute("delete from accounts_auditentry where seq > %s", [old.seq])
    AuditHead.objects.update(seq=old.seq, hash=old.hash, seal=old.seal)
    assert [finding.flaw for finding in verify()] == [Flaw.FILE]


def test_what_waits_for_the_chainer_cannot_be_changed_unseen() -> None:
    audit.record(None, "deal.won", rows=1)
    _execute("alter table accounts_auditpending disable trigger audit_no_change")
    AuditPending.objects.update(detail={"rows": 2})
    assert [finding.flaw for finding in verify()] == [Flaw.WAITING]
    audit.chain_pending()
    assert [finding.flaw for finding in verify()] == [Flaw.FACTS]


def test_a_changed_head_stops_the_chainer(chain: User) -> None:
    AuditHead.objects.update(seq=ENTRIES + 5)
    audit.record(None, "deal.won")
    with pytest.raises(audit_head.BrokenHeadError):
        audit.chain_pending()


def test_sign_ins_are_recorded_without_the_address(client: Client) -> None:
    anna = factories.user(email="anna@example.com", password=factories.PASSWORD)
    client.post("/account/login/", {"login": "Anna@example.com", "password": "wrong"})
    client.post("/account/login/", {"login": "Anna@example.com", "password": factories.PASSWORD})
    client.post("/account/logout/")
    told = [(facts.verb, facts.by) for facts in AuditPending.objects.order_by("id")]
    assert told == [("sign_in_failed", None), ("signed_in", anna.pk), ("signed_out", anna.pk)]
    assert "example" not in str(list(AuditPending.objects.values()))


# What somebody with the database, but without the audit key, can do.


def _edit(chance: random.Random) -> None:
    entry = _any(chance)
    column = chance.choice(
        ["id", "at", "by", "verb", "object_type", "object_id", "detail", "seal", "hash", "seq"]
    )
    value: object = {
        "id": uuid7(),
        "at": entry.at + timedelta(microseconds=1),
        "by": None,
        "verb": "deal.lost",
        "object_type": "customer",
        "object_id": "",
        "detail": {**entry.detail, "rows": -1},
        "seal": chance.randbytes(32),
        "hash": chance.randbytes(32),
        "seq": ENTRIES + 1 + chance.randrange(9),
    }[column]
    AuditEntry.objects.filter(pk=entry.pk).update(**{column: value})


def _remove(chance: random.Random) -> None:
    AuditEntry.objects.filter(pk=_any(chance).pk).delete()


def _swap(chance: random.Random) -> None:
    one, other = (
        AuditEntry.objects.get(seq=seq) for seq in chance.sample(range(1, ENTRIES + 1), 2)
    )
    AuditEntry.objects.filter(pk=one.pk).update(seq=0)
    AuditEntry.objects.filter(pk=other.pk).update(seq=one.seq)
    AuditEntry.objects.filter(pk=0).update(seq=other.seq)


def _forge(chance: random.Random) -> None:
    entry = _any(chance)
    entry.seq, entry.id, entry.verb = ENTRIES + 1, uuid7(), "signed_in"
    entry.save(force_insert=True)
    _move_head_to(entry)


def _double(chance: random.Random) -> None:
    entry = _any(chance)
    _execute("alter table accounts_auditentry drop constraint accounts_auditentry_id_key")
    entry.seq = ENTRIES + 1
    entry.save(force_insert=True)


def _insert_before(chance: random.Random) -> None:
    entry = _any(chance)
    later = list(AuditEntry.objects.filter(seq__gte=entry.seq).order_by("-seq"))
    for one in later:
        AuditEntry.objects.filter(pk=one.pk).update(seq=one.seq + 1)
    entry.id = uuid7()
    entry.save(force_insert=True)


def _cut(chance: random.Random) -> None:
    AuditEntry.objects.filter(seq__gt=chance.randrange(ENTRIES)).delete()


def _cut_with_head(chance: random.Random) -> None:
    keep = AuditEntry.objects.get(seq=chance.randrange(1, ENTRIES))
    AuditEntry.objects.filter(seq__gt=keep.seq).delete()
    _move_head_to(keep)


def _close_gap(chance: random.Random) -> None:
    gone = _any(chance)
    AuditEntry.objects.filter(pk=gone.pk).delete()
    for one in AuditEntry.objects.filter(seq__gt=gone.seq).order_by("seq"):
        AuditEntry.objects.filter(pk=one.pk).update(seq=one.seq - 1)


def _change_head(chance: random.Random) -> None:
    change: dict[str, object] = chance.choice(
        [{"seq": ENTRIES - 1}, {"hash": chance.randbytes(32)}, {"seal": chance.randbytes(32)}]
    )
    AuditHead.objects.update(**change)


def _remove_head(chance: random.Random) -> None:
    _execute("alter table accounts_audithead disable trigger audit_no_delete")
    AuditHead.objects.all().delete()


def _remove_everything(chance: random.Random) -> None:
    _remove_head(chance)
    AuditEntry.objects.all().delete()


TAMPER: list[Callable[[random.Random], None]] = [
    _edit, _edit, _edit, _edit, _remove, _swap, _forge, _double, _insert_before, _cut,
    _cut_with_head, _close_gap, _change_head, _remove_head, _remove_everything,
]  # fmt: skip


def _any(chance: random.Random) -> AuditEntry:
    return AuditEntry.objects.get(seq=chance.randrange(1, ENTRIES + 1))


def _move_head_to(entry: AuditEntry) -> None:
    AuditHead.objects.update(seq=entry.seq, hash=entry.hash)


class Tampering:
    """A savepoint in which the owner of the tables has put the triggers out of the way."""

    def __enter__(self) -> None:
        self.savepoint = transaction.savepoint()
        _execute("alter table accounts_auditentry disable trigger audit_no_change")

    def __exit__(self, *error: object) -> None:
        transaction.savepoint_rollback(self.savepoint)


def _execute(sql: str, params: list[object] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
