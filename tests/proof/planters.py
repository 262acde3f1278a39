"""What the rooms around a customer keep, planted in the company of the proofs: companies, custom
values, files, comments, notices, webhooks, shares and delegations, and what belongs to a user.

Whoever builds a room that keeps something of its own adds a function here, and its rule to the
oracle.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from zhiyin.accounts.models import AccessToken, Delegation, Share, Territory, User
from zhiyin.accounts.models.sign_in import KnownDevice, Session
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import SetAside, Source, WriteKey
from zhiyin.connect import sending, vault
from zhiyin.connect.models import Delivery, Endpoint, Occurrence
from zhiyin.customers import companies
from zhiyin.customers.models import Company as Firm
from zhiyin.customers.models import ProfileChange
from zhiyin.files import services as files
from zhiyin.ids import uuid7
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.models import BulkChange, FieldChange, RowBefore
from zhiyin.talk.mentions import MENTION
from zhiyin.talk.models import Comment, Notice, PushDevice

if TYPE_CHECKING:
    from tests.proof.world import Company, Row

CUSTOM = {"c_plain": "plain", "c_personal": "personal", "c_sensitive": "sensitive"}
HOOKED = ("reader:administrator", "reader:manager", "above", "elsewhere")
DAY = timedelta(days=1)


def people(company: Company) -> dict[str, User]:
    """Everybody who works there, by the key of what is theirs."""
    return {**{f"reader:{role}": user for role, user in company.readers.items()}, **company.others}


def custom_values(company: Company) -> None:
    """Fields that the house added, of each sensitivity, and a formula over the most sensitive."""
    for key, sensitivity in CUSTOM.items():
        for object_type in ("customer", "company"):
            CustomField.objects.create(
                object_type=object_type, key=key, label_zh=key, label_en=key, type="text",
                sensitivity=sensitivity,
            )  # fmt: skip
    CustomField.objects.create(
        object_type="customer", key="c_told", label_zh="合", label_en="Told", type="formula",
        formula="concat(c_sensitive)", formula_kind="text",
    )  # fmt: skip
    for row in company.rows.values():
        row.customer.custom = {key: company.traps.word("customer", key, row.key) for key in CUSTOM}
        row.customer.save(update_fields=["custom"])
        ProfileChange.objects.bulk_create(
            ProfileChange(customer=row.customer, field=key, after="x", at=timezone.now(),
                          by=company.others["above"],  # an import's would fold into one line
                          before=company.traps.word("customer", f"old_{key}", row.key))
            for key in CUSTOM
        )  # fmt: skip


def firms(company: Company) -> None:
    """A company for each customer, of the same owner; and one that employs a far customer too."""
    for row in company.rows.values():
        _firm(company, row)
    far, near = company.rows["elsewhere"].customer, company.firms["below"]
    far.company = near  # those who see the company do not see this person on its page
    far.save(update_fields=["company"])


def _firm(company: Company, row: Row) -> None:
    def word(name: str) -> str:
        return company.traps.word("company", name, row.key)

    made = Firm.objects.create(
        name=word("name"), number=word("number"), country=word("country"), city=word("city"),
        province=word("province"), website=f"https://{word('website')}.example",
        tags=[word("tags")], owner=row.owner, department=row.department,
        revenue=company.traps.money("company", "revenue", row.key),
        custom={key: word(key) for key in CUSTOM},
    )  # fmt: skip
    companies.index([made.pk])
    company.firms[row.key] = made
    company.know("company_id", made, row.key)
    company.traps.id(made.pk, "company", row.key)
    row.customer.company = made
    row.customer.save(update_fields=["company"])
    by = row.owner or company.others["above"]
    for field in ("city", *CUSTOM):
        FieldChange.objects.create(
            object_type="company", row=made.pk, field=field, before=word(f"old_{field}"), after="x",
            by=by, at=timezone.now(),
        )  # fmt: skip


def attached(company: Company) -> None:
    """A file on each customer and company, and one that was deleted."""
    admin, word = company.readers[Role.ADMINISTRATOR], company.traps.word
    for row in company.rows.values():
        person, firm = ("customer", row.customer.pk), ("company", company.firms[row.key].pk)
        on = {"file": person, "deleted file": person, "company file": firm}
        for thing, ref in on.items():
            told = f"a text\n{word(thing, 'content', row.key)}\n"
            name = f"{word(thing, 'name', row.key)}.txt"
            made = files.attach(ref, [told.encode()], name=name, by=admin)
            if thing == "deleted file":
                files.delete(made, by=admin, now=timezone.now())
            company.know("file_id", made, row.key)
        for record_type, pk in (person, firm):
            company.know("record_type", record_type, row.key)
            company.know("record_id", str(pk), row.key)
            company.know("row_id", str(pk), row.key)


def talked_about(company: Company) -> None:
    """Comments beside each customer and company, and one that was taken back."""
    by, word = company.others["above"], company.traps.word
    for row in company.rows.values():
        person, firm = ("customer", row.customer.pk), ("company", company.firms[row.key].pk)
        on = {"comment": person, "deleted comment": person, "company comment": firm}
        for thing, (record_type, record_id) in on.items():
            made = Comment.objects.create(
                record_type=record_type, record_id=record_id, by=by,
                text=f"see {word(thing, 'text', row.key)}",
                deleted_at=timezone.now() if thing == "deleted comment" else None,
            )  # fmt: skip
            company.know("comment_id", made, row.key)


def told(company: Company) -> None:
    """Each user is told of a record that they see, and of one that they do not see any more."""
    now = timezone.now()
    for key, user in people(company).items():
        lost = "sister" if key == "elsewhere" else "elsewhere"
        for row in (key, lost):
            for record_type, pk in (("customer", company.rows[row].customer.pk),
                                    ("company", company.firms[row].pk)):  # fmt: skip
                made = Notice.objects.create(
                    user=user, kind=MENTION.key, record_type=record_type, record_id=pk,
                    mail_due=now, push_due=now, by=company.others["above"],
                    detail={"comment": str(uuid7())},
                )  # fmt: skip
                company.know("notice_id", made, key)


def hooks(company: Company) -> None:
    """Endpoints of those who may have some, and the log of what happened to each customer."""
    now, word = timezone.now(), company.traps.word
    for key in HOOKED:
        made = Endpoint.objects.create(
            url=f"https://hooks.example.com/{word('webhook', 'url', key)}",
            description=word("webhook", "description", key), types=["customer.updated"],
            owner=people(company)[key], with_values=True,
            secret=vault.seal("whsec_" + "A" * 32, purpose=sending.PURPOSE),
        )  # fmt: skip
        company.know("webhook_id", made, key)
        for at, row in enumerate(("elsewhere", "below")):
            said = Occurrence.objects.create(
                type="customer.updated", object_id=str(company.rows[row].customer.pk),
                fields=["city"], at=now,
            )  # fmt: skip
            delivery = Delivery.objects.create(
                endpoint=made, occurrence=said, due_at=now, created_at=now, finished_at=now,
                state=("withheld", "delivered")[at],
            )  # fmt: skip
            company.know("delivery_id", delivery, key)


def opened(company: Company) -> None:
    """A share that holds, shares and delegations that do not, and a territory of nobody."""
    now, word, giver = timezone.now(), company.traps.word, company.others["elsewhere"]
    everything = dict.fromkeys(
        ("name", "phone", "email", "birth_date", "city", "revenue", "orders"), 3
    )
    seen = {**dict.fromkeys(_fields(), 2), "phone": 1, "email": 1, "birth_date": 1}
    Share.objects.create(
        resource="customer", row_id=company.rows["shared"].customer.pk, department=company.team,
        actions=["see"], levels=seen, reason=word("share", "reason", "shared"), by=giver,
    )  # fmt: skip
    for user in company.readers.values():
        for row, over in (("elsewhere", {"ended_at": now - DAY, "ended_by": giver}),
                          ("sister", {"until": now - DAY})):  # fmt: skip
            made = Share.objects.create(
                resource="customer", row_id=company.rows[row].customer.pk, user=user,
                actions=["see", "change"], may_change=True, levels=everything, by=giver,
                reason=word("ended share", "reason", row), **over,
            )  # fmt: skip
            company.know("share_id", made, row)
    for key, user in people(company).items():
        if user == giver:
            continue
        for start, end in ((now - 2 * DAY, now - DAY), (now + DAY, now + 2 * DAY)):
            held = Delegation.objects.create(
                giver=giver, receiver=user, starts_at=start, ends_at=end, by=giver,
                reason=word("delegation" if end > now else "past delegation", "reason", key),
            )  # fmt: skip
            company.know("delegation_id", held, key)
    name = word("territory", "name")
    company.know("territory_id", Territory.objects.create(name_zh=name, name_en=name))


def _fields() -> set[str]:
    return {"number", "name", "company", "job_title", "gender", "language", "country", "province",
            "city", "tags", "owner", "department", "orders", "revenue", "first_order_at",
            "last_order_at", "last_seen_at", "tier", "rfm", "rfm_segment", "persona", "value_12m",
            "churn_risk", "next_purchase", "created_at"}  # fmt: skip


def of_each_user(company: Company) -> None:
    """What belongs to one user alone: browsers, sessions, tokens, changes of many rows."""
    now, word = timezone.now(), company.traps.word
    for key, user in people(company).items():
        Session.objects.create(
            session_key=uuid7().hex, session_data="", expire_date=now + DAY, public_id=uuid7(),
            user=user, agent=f"Chrome {word('agent', 'session', key)}", seen_at=now, started_at=now,
        )  # fmt: skip
        KnownDevice.objects.create(
            user=user, digest=uuid7().bytes, agent=word("agent", "device", key), last_seen_at=now
        )
        push = PushDevice.objects.create(
            user=user, endpoint=f"https://push.example.com/{word('push address', 'address', key)}",
            public_key=b"\x04" + bytes(64), secret=bytes(16), name=word("push device", "name", key),
        )  # fmt: skip
        company.know("device_id", push, key)
        token = AccessToken.objects.create(
            user=user, created_by=user, name=word("token", "name", key), prefix=uuid7().hex[-16:],
            digest=b"", scopes=["read"], expires_at=now + DAY,
        )  # fmt: skip
        company.know("token_id", token, key)
        row = company.rows[key].customer
        change = BulkChange.objects.create(
            object_type="customer", field="city", text=word("bulk change", "text", key), owner=user,
            state="done", rows=[row.pk], changed=1, done_at=now,
        )  # fmt: skip
        RowBefore.objects.create(
            change=change, row=row.pk, before=word("bulk change of old", "before", key)
        )
        company.know("change_id", change, key)
    program = User.objects.create(
        kind="service", email=f"service-{uuid7().hex}@zhiyin.invalid",
        name=word("user name", "name"), roles=["read_only"], password="!",
    )  # fmt: skip
    AccessToken.objects.create(
        user=program, created_by=company.readers[Role.ADMINISTRATOR], prefix=uuid7().hex[-16:],
        name=word("service account", "token"), digest=b"", scopes=["read"], expires_at=now + DAY,
    )  # fmt: skip


def sent_by_sdks(company: Company) -> None:
    """A source with its key, and a message of it that could not be an event."""
    word = company.traps.word
    source = Source.objects.create(key="sdk", name_zh="网站", name_en="Site", kind=Source.Kind.WEB)
    made = WriteKey.objects.create(source=source, key=word("write key", "key"))
    company.know("source_id", source)
    company.know("key_id", made)
    message = {"type": "track", "event": "x", "properties": {"said": word("set aside", "message")}}
    aside = SetAside.objects.create(
        id=uuid7(), source=source, received_at=timezone.now(), kind="batch", reason="no_id",
        name=word("set aside", "name"), message=json.dumps(message),
    )  # fmt: skip
    company.know("event_id", aside)


PLANTERS: list[Callable[[Company], None]] = [
    custom_values, firms, attached, talked_about, told, hooks, opened, of_each_user,
    sent_by_sdks,
]  # fmt: skip
