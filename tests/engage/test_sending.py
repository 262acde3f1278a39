"""A campaign writes to everybody it may, once, and says of all others why not."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from email.message import EmailMessage
from typing import Self

import pytest
from django.db import connection

from tests import factories
from tests.engage import people
from tests.engage.people import NOW
from zhiyin.accounts import access, work
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Event
from zhiyin.engage import facts, sending, services, tasks, timeline
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.govern import services as govern
from zhiyin.lake import Lake
from zhiyin.mailing import Outbox, RefusedError, UnknownError, UnreachableError

pytestmark = pytest.mark.django_db
Outcome = CampaignMember.Outcome


class Died(BaseException):
    """The worker was killed."""


class Post:
    """A mail server in memory that can break at a chosen message."""

    local = False

    def __init__(self, *, breaks_at: int = 0, how: BaseException | None = None) -> None:
        self.taken: list[EmailMessage] = []
        self.breaks_at, self.how = breaks_at, how
        self.asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send(self, mail: EmailMessage) -> None:
        self.asked += 1
        if self.how is not None and self.asked == self.breaks_at:
            raise self.how
        self.taken.append(mail)


@pytest.fixture
def boss() -> User:
    return factories.user(Role.ADMINISTRATOR)


@pytest.fixture(autouse=True)
def lake(tmp_path: object, settings: object, monkeypatch: pytest.MonkeyPatch) -> Lake:
    made = Lake(str(tmp_path))
    monkeypatch.setattr("zhiyin.collect.archive.lake", lambda: made)
    return made


def run(campaign: Campaign, post: Post | Outbox) -> int:
    return sending.send(campaign, transport=post, progress=lambda *_: None, clock=lambda: NOW)


def launched(boss: User, **fields: object) -> Campaign:
    return services.launch(people.campaign(boss, **fields), by=boss, now=NOW)


def outcomes(campaign: Campaign) -> Counter[str]:
    return Counter(campaign.members.values_list("outcome", flat=True))


def test_everybody_gets_an_outcome_and_only_the_allowed_a_message(boss: User) -> None:
    for number in range(30):
        people.customer(f"Person {number}")
    people.customer(email="")
    people.customer(consent=False)
    blocked = people.customer()
    govern.suppress(blocked.email.upper(), "email", reason="asked", by=boss, at=NOW)
    campaign = launched(boss, holdout_share=0.3)
    run(campaign, Outbox())
    campaign.refresh_from_db()
    found = outcomes(campaign)
    assert campaign.state == Campaign.State.SENT
    assert sum(found.values()) == 33
    assert found[Outcome.PENDING] == 0
    sent = set(campaign.messages.values_list("customer_id", flat=True))
    held = set(campaign.members.filter(arm="holdout").values_list("customer_id", flat=True))
    assert held
    assert not sent & held
    assert len(sent) == found[Outcome.SENT]
    assert blocked.pk not in sent


def test_the_dry_run_counts_what_the_launch_does(boss: User) -> None:
    for number in range(20):
        people.customer(name="" if number % 4 == 0 else f"P{number}", consent=number % 5 != 0)
    campaign = people.campaign(boss, body_en="Dear {{ first_name }}", subject_zh="", body_zh="")
    expected = services.dry_run(campaign, by=boss, now=NOW)
    services.launch(campaign, by=boss, now=NOW)
    run(campaign, Outbox())
    found = outcomes(campaign)
    assert found.pop(Outcome.SENT) == expected.sendable
    assert found.pop(Outcome.HELD_OUT) == expected.held_out
    assert dict(found) == {one.value: count for one, count in expected.reasons}


def test_the_draw_is_stored_before_anything_is_sent_and_never_changes(boss: User) -> None:
    everybody = [people.customer().pk for _ in range(40)]
    campaign = launched(boss)
    held = set(campaign.members.filter(arm="holdout").values_list("customer_id", flat=True))
    assert held == services.draw(campaign, everybody)
    assert not Message.objects.exists()
    with pytest.raises(services.NotNowError):
        services.launch(campaign, by=boss, now=NOW)


def test_the_letter_is_in_the_customers_language(boss: User) -> None:
    people.customer("林静姝", language="zh")
    people.customer("Sarah Whitfield", language="en")
    campaign = launched(boss, holdout_share=0)
    run(campaign, Outbox())
    bodies = dict(campaign.messages.values_list("language", "body"))
    assert bodies == {"zh": "林静姝，回来看看吧。", "en": "Dear Sarah, come and see."}


def test_who_had_enough_messages_this_month_gets_no_other(boss: User) -> None:
    people.customer()
    for _ in range(2):
        run(launched(boss, holdout_share=0), Outbox())
    third = launched(boss, holdout_share=0, frequency_cap=2)
    run(third, Outbox())
    assert outcomes(third) == {Outcome.CAPPED: 1}
    assert third.members.get().detail == "2/2"


def test_one_inbox_gets_one_message_and_the_hold_out_none_through_a_second_account(
    boss: User,
) -> None:
    for number in range(60):
        people.customer(email=f"shared{number % 20}@example.com")
    campaign = launched(boss, holdout_share=0.3)
    run(campaign, Outbox())
    addresses = Counter(campaign.messages.values_list("address", flat=True))
    assert max(addresses.values()) == 1
    held = campaign.members.filter(arm="holdout").values_list("customer__email", flat=True)
    assert not set(held) & set(addresses)


@pytest.mark.parametrize("breaks_at", [1, 2, 7])
def test_after_a_kill_nobody_is_written_to_twice(boss: User, breaks_at: int) -> None:
    for _ in range(9):
        people.customer()
    campaign = launched(boss, holdout_share=0)
    first = Post(breaks_at=breaks_at, how=Died())
    with pytest.raises(Died):
        run(campaign, first)
    second = Post()
    run(campaign, second)
    inboxes = Counter(mail["To"] for mail in first.taken + second.taken)
    assert max(inboxes.values()) == 1
    assert len(inboxes) == 8  # the one on its way when the worker died is not tried again
    found = outcomes(campaign)
    assert found == {Outcome.SENT: 8, Outcome.FAILED: 1}
    lost = Message.objects.get(state=Message.State.FAILED)
    assert lost.error == sending.NOT_KNOWN


def test_a_refused_message_does_not_stop_the_others(boss: User) -> None:
    for _ in range(4):
        people.customer()
    campaign = launched(boss, holdout_share=0)
    run(campaign, Post(breaks_at=2, how=RefusedError("550 no such user")))
    assert outcomes(campaign) == {Outcome.SENT: 3, Outcome.FAILED: 1}
    assert campaign.members.get(outcome=Outcome.FAILED).detail == "550 no such user"


def test_a_broken_line_is_told_as_not_known(boss: User) -> None:
    people.customer()
    campaign = launched(boss, holdout_share=0)
    run(campaign, Post(breaks_at=1, how=UnknownError("closed")))
    assert Message.objects.get().error == sending.NOT_KNOWN


def test_without_a_mail_server_the_rest_waits_and_is_sent_later(boss: User) -> None:
    for _ in range(3):
        people.customer()
    campaign = launched(boss, holdout_share=0)
    with pytest.raises(UnreachableError):
        run(campaign, Post(breaks_at=2, how=UnreachableError("refused")))
    assert outcomes(campaign) == {Outcome.SENT: 1, Outcome.PENDING: 2}
    Campaign.objects.filter(pk=campaign.pk).update(work=None)
    services.resume(campaign, by=boss)
    post = Post()
    run(campaign, post)
    assert len(post.taken) == 2
    assert outcomes(campaign) == {Outcome.SENT: 3}


def test_the_background_task_sends_tells_the_timeline_and_the_lake(boss: User, lake: Lake) -> None:
    for _ in range(6):
        people.customer()
    people.customer(consent=False)
    campaign = launched(boss, holdout_share=0)
    tasks.send_campaign(str(campaign.pk))
    campaign.refresh_from_db()
    assert campaign.work is not None
    assert campaign.work.state == "done"
    names = Counter(Event.objects.values_list("name", flat=True))
    assert names == {"Email Sent": 6, timeline.NOT_SENT: 1}
    event = Event.objects.filter(name="Email Sent").first()
    assert event is not None
    assert event.properties["campaign"] == str(campaign.pk)
    assert event.customer_id is not None
    assert event.simulated
    rows = lake.read("events")
    assert rows.num_rows == 7
    assert rows["identifier_id"].null_count == 0
    assert "example.com" not in str(rows["properties"].to_pylist())
    timeline.tell(campaign, now=NOW)  # told twice, kept once
    assert lake.read("events").num_rows == 7
    assert Event.objects.count() == 7


def test_a_cancelled_campaign_marks_the_rest(boss: User) -> None:
    for _ in range(5):
        people.customer()
    campaign = launched(boss, holdout_share=0)
    with pytest.raises(UnreachableError):
        run(campaign, Post(breaks_at=3, how=UnreachableError("gone")))
    services.cancel(campaign, by=boss, now=NOW)
    tasks.send_campaign(str(campaign.pk))
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.CANCELLED
    assert outcomes(campaign) == {Outcome.SENT: 2, Outcome.CANCELLED: 3}
    assert Event.objects.count() == 5


def test_cancelling_while_it_is_sent_stops_at_the_next_batch(boss: User) -> None:
    people.customer()
    campaign = launched(boss, holdout_share=0)
    assert campaign.work is not None
    type(campaign.work).objects.filter(pk=campaign.work.pk).update(
        state="running", cancel_asked=True
    )
    tasks.send_campaign(str(campaign.pk))
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.CANCELLED
    assert not Message.objects.exists()


def test_launch_and_cancel_stand_in_the_audit_trail(boss: User) -> None:
    people.customer()
    campaign = launched(boss, holdout_share=0)
    services.cancel(campaign, by=boss, now=NOW)
    verbs = set(AuditPending.objects.values_list("verb", flat=True))
    assert {"campaign.launched", "campaign.cancelled"} <= verbs


def test_an_unfinished_draft_is_not_launched(boss: User) -> None:
    people.customer()
    for fields in (
        {"segment": None},
        {"body_zh": ""},
        {"body_en": "{{ nobody }}"},
        {"subject_zh": "", "body_zh": "", "subject_en": "", "body_en": ""},
    ):
        with pytest.raises(services.NotReadyError) as error:
            launched(boss, **fields)
        assert all(problem["zh"] and problem["en"] for problem in error.value.problems)
    assert not CampaignMember.objects.exists()


def test_a_marketer_launches_only_their_own(boss: User) -> None:
    marketer = factories.user(Role.MARKETER)
    people.customer()
    with pytest.raises(access.Denied):
        services.launch(people.campaign(boss), by=marketer, now=NOW)
    services.launch(people.campaign(marketer), by=marketer, now=NOW)


def test_a_manager_writes_only_to_people_of_their_department(boss: User) -> None:
    north = factories.department()
    manager = factories.user(Role.MANAGER, department=north)
    ours, theirs = people.customer(), people.customer()
    type(ours).objects.filter(pk=ours.pk).update(department=north)
    campaign = services.launch(people.campaign(manager, holdout_share=0), by=manager, now=NOW)
    assert list(campaign.members.values_list("customer_id", flat=True)) == [ours.pk]
    assert theirs.pk


def test_a_window_that_is_over_is_closed(boss: User) -> None:
    people.customer()
    campaign = launched(boss, holdout_share=0, window_days=30)
    run(campaign, Outbox())
    assert services.finish_due(NOW + people.days(29)) == 0
    assert services.finish_due(NOW + people.days(30)) == 1
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.FINISHED


def test_a_batch_costs_the_same_few_queries_whatever_its_size(
    boss: User, django_assert_max_num_queries: object
) -> None:
    for _ in range(40):
        people.customer()
    campaign = launched(boss, holdout_share=0)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        sending.prepare(campaign, transport=Outbox(), taken=set(), now=NOW)
    assert connection.queries is not None
    assert work.Cancelled is not None
    assert isinstance(NOW, datetime)


@pytest.mark.parametrize(
    ("name", "first"),
    [("林静姝", "林静姝"), ("Sarah Whitfield", "Sarah"), ("Taylor, Anne-Marie", "Anne-Marie"),
     ("LI Jialong", "Jialong"), ("J R Hartley", "J"), ("Smith,", "Smith"), ("", "")],
)  # fmt: skip
def test_people_are_addressed_by_their_first_name(name: str, first: str) -> None:
    assert facts.first_name(name) == first
