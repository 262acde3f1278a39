"""A town of customers, some of whom will leave: brought by the real roads, with a word of their own
in everything that holds one, and nothing of another's.

Everybody's words begin alike and end in what they stand for, so that a search of raw bytes says
whose was found and where it came from.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.messages import constants
from django.utils import timezone
from procrastinate.contrib.django import app

from tests import factories
from zhiyin import embedded
from zhiyin.accounts.models import KeptAnswer, Share, User, Work
from zhiyin.accounts.models.sign_in import Session
from zhiyin.accounts.roles import Role
from zhiyin.accounts.session_store import SessionStore
from zhiyin.collect import services as imports
from zhiyin.collect.models import Import, Learnt, Received, SetAside, Source
from zhiyin.collect.pump import archiving, turning
from zhiyin.collect.tracking.bodies import look
from zhiyin.connect.models import Delivery, Endpoint, Occurrence
from zhiyin.customers.models import (
    Customer,
    Note,
    ProfileChange,
    Score,
    Segment,
    SegmentMember,
    Task,
)
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.files import services as files
from zhiyin.objects import recent
from zhiyin.objects.models import BulkChange, FieldChange, RowBefore, SavedView
from zhiyin.talk.models import Comment, Notice

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
PARTITIONS = range(16)


@dataclass
class Town:
    """The people of a town; every `each`th will leave."""

    size: int
    each: int = 10
    mark: str = field(default_factory=lambda: "z" + secrets.token_hex(3))
    admin: User = field(init=False)
    site: Source = field(init=False)
    people: dict[int, Customer] = field(init=False)

    def __post_init__(self) -> None:
        self.admin = factories.user(Role.ADMINISTRATOR, department=factories.department())
        self.site = Source.objects.create(
            key=f"site-{self.mark}", name_zh="网站", name_en="Site", kind=Source.Kind.SHOP
        )
        self._profiles()
        self._orders()
        self._events()
        self.people = {
            self.number_of(one.number): one for one in Customer.objects.filter(orders__gt=0)
        }
        assert len(self.people) == self.size
        self._rows()
        self._elsewhere()
        self._waiting()
        self._files_of_imports()

    # who

    def word(self, person: int, what: str) -> str:
        """A word that only this person has, for one purpose."""
        return f"{self.mark}{person:05}{what}"

    def phone(self, person: int) -> str:
        """A mobile of their own; its digits are of the town, too."""
        return f"+86139{int(self.mark[1:], 16) % 1000:03}{person:05}"

    @property
    def leavers(self) -> list[int]:
        """Who will leave."""
        return list(range(0, self.size, self.each))

    @property
    def ids(self) -> list[object]:
        """Their ids."""
        return [self.people[person].pk for person in self.leavers]

    def number_of(self, number: str) -> int:
        """The person of a customer number."""
        return int(number.removeprefix(self.mark)[:5])

    def found_in(self, raw: bytes) -> Iterator[tuple[str, int]]:
        """Every word and phone of the town in these bytes: what it is, and whose."""
        small = raw.lower()
        for hit in re.finditer(rf"{self.mark}(\d{{5}})([a-z_]+)".encode(), small):
            yield hit[2].decode(), int(hit[1])
        for hit in re.finditer(rf"{self.phone(0)[1:-5]}(\d{{5}})".encode(), small):
            yield "phone", int(hit[1])

    # how they came

    def _loaded(self, header: str, rows: Iterator[str]) -> Import:
        text = "\n".join([header, *rows])
        one = imports.begin([text.encode()], file_name=f"{self.mark}.csv", by=self.admin)
        imports.check(one, by=self.admin)
        return imports.load(one, by=self.admin)

    def _profiles(self) -> None:
        header = "客户编号,姓名,手机,邮箱,城市,省份,国家,标签,邮件同意"
        for turn in ("former_", ""):
            self._loaded(
                header,
                (
                    f"{self.word(n, 'number')},{self.word(n, f'{turn}name')},{self.phone(n)},"
                    f"{self.word(n, 'mail')}@example.com,{self.word(n, f'{turn}city')},"
                    f"{self.word(n, f'{turn}province')},{self.word(n, f'{turn}country')},"
                    f"{self.word(n, f'{turn}tag')},是"
                    for n in range(self.size)
                ),
            )

    def _orders(self) -> None:
        self._loaded(
            "订单号,下单时间,商品编码,商品名称,数量,单价,客户编号,国家",
            (
                f"O{n},2026-03-01 10:00,TEA-{n % 7},正山小种,{1 + n % 3},88.00,"
                f"{self.word(n, 'number')},China"
                for n in range(self.size)
            ),
        )

    def _message(self, person: int, event: str, **more: object) -> dict[str, object]:
        long = " ".join(f"{secrets.token_hex(40)} {self.word(person, 'said')}" for _ in range(3))
        return {
            "type": "track", "event": event, "userId": self.word(person, "number"),
            "anonymousId": self.word(person, "device"), "messageId": f"{event}-{person}",
            "timestamp": AT.isoformat(), "properties": {"said": long, "amount": person},
            "context": {"page": {"path": f"/{self.word(person, 'page')}"}}, **more,
        }  # fmt: skip

    def put(self, *messages: dict[str, object], at: datetime = AT) -> None:
        """Put a batch into the inbox, as the door does."""
        body = json.dumps({"batch": messages}).encode()
        seen = look(body, batch=True, most=10**7)
        Received.objects.create(
            partition=seen.partition, source_id=self.site.pk, kind="batch",
            messages=seen.messages, received_at=at, body=body,
        )  # fmt: skip

    def pump(self) -> None:
        """Take everything in that waits."""
        while turning.turn(PARTITIONS):
            pass

    def _events(self) -> None:
        for first in range(0, self.size, 50):
            people = range(first, min(first + 50, self.size))
            self.put(*(self._message(n, "Tea Tasted") for n in people))
            bad = [n for n in people if n % self.each == 0 or n % 97 == 1]
            self.put(*({**self._message(n, "Odd"), "type": "whisper"} for n in bad),
                     self._message(first, "Tea Tasted"))  # fmt: skip
        self.pump()
        assert SetAside.objects.exists()
        while archiving.archive_some():
            pass

    def _waiting(self) -> None:
        """Events in PostgreSQL that the lake does not have yet, and requests not looked at."""
        for event, pumped in (("Cup Bought", True), ("Tea Asked For", False)):
            for first in range(0, self.size, 50):
                self.put(*(self._message(n, event)
                           for n in range(first, min(first + 50, self.size), 3)))  # fmt: skip
            if pumped:
                self.pump()

    # what is around them

    def _rows(self) -> None:
        word, by, now = self.word, self.admin, timezone.now()
        people = self.people.items()
        Note.objects.bulk_create(
            Note(customer=one, text=word(n, "note"), by=by, at=now)
            for n, one in people)  # fmt: skip
        Task.objects.bulk_create(
            Task(customer=one, title=word(n, "task"), owner=by, created_by=by)
            for n, one in people)  # fmt: skip
        Score.objects.bulk_create(
            Score(customer=one, model="churn", version=1, as_of=now, value=0.3,
                  reasons=[{"en": word(n, "score")}]) for n, one in people)  # fmt: skip
        ProfileChange.objects.bulk_create(
            ProfileChange(customer=one, field="name", before=word(n, "was"), after="x", at=now)
            for n, one in people)  # fmt: skip
        Comment.objects.bulk_create(
            Comment(record_type="customer", record_id=one.pk, by=by, text=word(n, "comment"))
            for n, one in people)  # fmt: skip
        Notice.objects.bulk_create(
            Notice(user=by, kind="x", record_type="customer", record_id=one.pk,
                   detail={"told": word(n, "notice")}) for n, one in people)  # fmt: skip
        Share.objects.bulk_create(
            Share(resource="customer", row_id=one.pk, user=by, actions=["see"], by=by,
                  reason=word(n, "share")) for n, one in people)  # fmt: skip
        FieldChange.objects.bulk_create(
            FieldChange(object_type="customer", row=one.pk, field="city", before=word(n, "field"),
                        at=now) for n, one in people)  # fmt: skip
        campaign = Campaign.objects.create(name="x", owner=by)
        CampaignMember.objects.bulk_create(
            CampaignMember(campaign=campaign, customer=one, arm="treated", outcome="sent",
                           detail=word(n, "member")) for n, one in people)  # fmt: skip
        Message.objects.bulk_create(
            Message(campaign=campaign, customer=one, address=f"{word(n, 'to')}@example.com",
                    language="zh", subject=word(n, "subject"), body=word(n, "body"),
                    created_at=now) for n, one in people)  # fmt: skip
        change = BulkChange.objects.create(
            object_type="customer", field="city", text="Bath", owner=by, state="done",
            rows=[one.pk for one in self.people.values()],
            left=[word(self.leavers[0], "left")],
        )  # fmt: skip
        RowBefore.objects.bulk_create(
            RowBefore(change=change, row=one.pk, before=word(n, "before"))
            for n, one in people)  # fmt: skip
        endpoint = Endpoint.objects.create(url="https://hooks.example.com/", types=["x"], owner=by,
                                           secret=b"x")  # fmt: skip
        for n, one in people:
            if n % 15 in (0, 1):
                said = Occurrence.objects.create(
                    type="customer.updated", object_id=str(one.pk), at=now,
                    facts={"told": word(n, "occurrence")},
                )  # fmt: skip
                Delivery.objects.create(endpoint=endpoint, occurrence=said, due_at=now,
                                        created_at=now)  # fmt: skip
                recent.opened(by, "customer", one.pk)
                content = f"{word(n, 'attached')}\n".encode()
                files.attach(("customer", one.pk), [content], name=f"{word(n, 'file')}.txt", by=by)

    def _elsewhere(self) -> None:
        """The addresses of leavers where nobody's id leads to them, each beside a stayer's."""
        stayer = self.people[1]
        everybody = {"root": {"type": "group", "match": "all", "items": []}, "version": 1}
        Learnt.objects.create(
            source=self.site, event="x", property="x", as_text=1, first_at=AT, last_at=AT,
            examples=[json.dumps(self.word(self.leavers[0], "example"))],
        )  # fmt: skip
        segment = Segment.objects.create(name="x", tree=everybody, owner=self.admin)
        SegmentMember.objects.bulk_create(
            SegmentMember(segment=segment, customer=one, since=AT) for one in self.people.values()
        )
        for n in self.leavers[:5]:
            mail = f"{self.word(n, 'mail')}@example.com"
            told = f"see {mail.upper()} and {self.phone(n)[3:]}"
            Note.objects.create(customer=stayer, text=told, by=self.admin, at=AT)
            Comment.objects.create(record_type="customer", record_id=stayer.pk, by=self.admin,
                                   text=told)  # fmt: skip
            SavedView.objects.create(object_type="customer", name="x", owner=self.admin,
                                     filters={"q": mail}, where=f"email = '{mail}'")  # fmt: skip
            tree = {"root": {"type": "field", "field": "email", "op": "is", "value": mail}}
            Segment.objects.create(name="x", tree=tree, owner=self.admin)
            Work.objects.create(kind="x", title_zh="x", title_en="x", owner=self.admin,
                                state="failed", error=f"Key (value)=({mail})")  # fmt: skip
            KeptAnswer.objects.create(
                asker="x", key=str(n), digest=b"x", status=200, content_type="application/json",
                body=json.dumps({"email": mail}).encode(), created_at=AT,
            )  # fmt: skip
            app.configure_task("nobody", allow_unknown=True, schedule_in={"days": 900}).defer(
                told=mail)  # fmt: skip
            with self._log().open("a") as log:
                log.write(f"ERROR: value {mail} does not fit\n")
        store = SessionStore()
        store["said"] = [constants.INFO, f"{self.word(self.leavers[0], 'mail')}@example.com"]
        store.create()
        self.session = str(store.session_key)
        assert Session.objects.filter(session_key=self.session).exists()

    def _log(self) -> Path:
        server = embedded.EmbeddedServer(Path(settings.DATA), Path())
        return embedded.log_of(server)

    def _files_of_imports(self) -> None:
        """A file that waits to be loaded, and one of which every second row was rejected."""
        header = "客户编号,姓名,手机,邮箱,城市"
        for what in ("waits", "rejected"):
            mail = "@" if what == "rejected" else "@example.com"
            text = "\n".join([header, *(
                f"{self.word(n, 'number')},{self.word(n, what)},{self.phone(n)},"
                f"{self.word(n, 'mail')}{mail},x" for n in range(0, self.size, 3))])  # fmt: skip
            one = imports.begin([text.encode()], file_name=f"{what}.csv", by=self.admin)
            imports.check(one, by=self.admin)
            if what == "rejected":
                assert one.rejected
                imports.load(one, by=self.admin)


def older(moment: datetime) -> datetime:
    """A day before."""
    return moment - timedelta(days=1)
