"""What people are told: grouped, by the rights of the moment, as each wants, and never at night."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from types import TracebackType
from typing import Self

import pytest
from django.conf import LazySettings
from django.urls import reverse
from django.utils import timezone, translation

from tests.files.desk import Desk
from zhiyin.accounts import sharing
from zhiyin.accounts.models import User
from zhiyin.collect import notices as collect_notices
from zhiyin.collect.models import Import
from zhiyin.customers.notices import TASK, TRAINED
from zhiyin.customers.services import tasks as customer_tasks
from zhiyin.files import services as file_services
from zhiyin.mailing import Outbox, RefusedError, UnknownError, UnreachableError
from zhiyin.talk import delivering, kinds, queries, services
from zhiyin.talk.emitting import notify
from zhiyin.talk.mentions import MENTION
from zhiyin.talk.models import Hours, Notice, Preference

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # noon in Shanghai


class Postman:
    """A mail server that keeps what it is given, or fails as it is told."""

    local = False

    def __init__(self, failing: Exception | None = None) -> None:
        self.sent: list[EmailMessage] = []
        self.failing = failing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        return None

    def send(self, mail: EmailMessage) -> None:
        if self.failing is not None:
            raise self.failing
        self.sent.append(mail)


def _lines(user: User) -> list[queries.Line]:
    with translation.override("en"):
        return queries.lines(user, list(queries.notices(user)))


def test_twenty_imports_are_one_line(desk: Desk) -> None:
    from tests import factories
    from zhiyin.accounts.roles import Role

    boss = factories.user(Role.ADMINISTRATOR)
    for number in range(20):
        one = Import.objects.create(file_name=f"{number}.csv", owner=boss)
        notify([boss], collect_notices.LOADED, ref=("import", one.pk), rows=3)
    (line,) = _lines(boss)
    assert (line.text, line.count, line.unread) == ("20 imports are loaded", 20, True)
    assert queries.unread(boss) == 20
    client = desk.client(boss)
    assert client.get(reverse("follow_notice", args=[line.id])).status_code == 302
    assert queries.unread(boss) == 0


def test_a_line_says_nothing_of_what_its_reader_may_no_longer_see(desk: Desk) -> None:
    services.add_comment(desk.ref, "@Colleague look", by=desk.owner)
    (line,) = _lines(desk.colleague)
    assert line.text == "Owner mentioned you on 林静姝"
    assert line.address == f"/customers/{desk.customer.pk}/?tab=comments"
    desk.customer.department = desk.south
    desk.customer.save()
    (line,) = _lines(desk.colleague)
    assert line.text == "Owner mentioned you where you can no longer look"
    assert line.address == reverse("notices")
    page = desk.client(desk.colleague).get(reverse("notices")).content.decode()
    assert "林静姝" not in page and str(desk.customer.pk) not in page


def test_nobody_is_told_of_their_own_deed_or_of_what_they_may_not_see(desk: Desk) -> None:
    everybody = [desk.owner, desk.colleague, desk.stranger]
    told = notify(everybody, TASK, by=desk.owner, ref=desk.ref)
    assert [notice.user for notice in told] == [desk.colleague]
    desk.colleague.is_active = False
    assert notify([desk.colleague], TRAINED) == []


def test_a_task_for_somebody_else_tells_them(desk: Desk) -> None:
    customer_tasks.add_task(desk.customer, "Call", by=desk.owner, owner=desk.colleague)
    customer_tasks.add_task(desk.customer, "Call", by=desk.owner)
    (line,) = _lines(desk.colleague)
    assert line.text == "Owner gave you a task for 林静姝" and not _lines(desk.owner)


def test_a_shared_record_is_told_to_the_colleague_it_was_opened_to(desk: Desk) -> None:
    sharing.share("customer", desk.customer, by=desk.owner, user=desk.stranger, reason="covers me")
    (line,) = _lines(desk.stranger)
    assert line.text == "Owner shared 林静姝 with you"
    assert line.address == f"/customers/{desk.customer.pk}/"
    sharing.share("customer", desk.customer, by=desk.owner, department=desk.south, reason="x")
    assert len(_lines(desk.stranger)) == 1


def test_a_notice_is_lost_with_the_deed_that_was(desk: Desk) -> None:
    from django.db import transaction

    def deed() -> None:
        with transaction.atomic():
            notify([desk.owner], TRAINED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        deed()
    assert not Notice.objects.exists()


def test_notices_of_others_are_not_there(desk: Desk) -> None:
    (made,) = notify([desk.owner], TRAINED)
    other = desk.client(desk.colleague)
    assert other.get(reverse("follow_notice", args=[made.pk])).status_code == 404
    other.post(reverse("read_notices"), {"id": str(made.pk)})
    assert queries.unread(desk.owner) == 1
    assert "trained" not in other.get(reverse("latest_notices")).content.decode()


def test_the_bell_counts_and_everything_can_be_read_at_once(desk: Desk) -> None:
    for _ in range(3):
        notify([desk.owner], TRAINED)
    client = desk.client(desk.owner)
    assert "<b>3</b>" in client.get(reverse("notice_count")).content.decode()
    assert "trained" in client.get(reverse("latest_notices")).content.decode()
    one = Notice.objects.latest("pk")
    client.post(reverse("read_notices"), {"id": [str(one.pk), "nonsense"]})
    assert queries.unread(desk.owner) == 2
    answer = client.post(reverse("read_notices"), headers={"hx-request": "true"})
    assert answer.headers["HX-Trigger"] == "noticesRead"
    assert client.get(reverse("notice_count")).content.decode().strip() == ""
    assert client.post(reverse("read_notices")).status_code == 302
    empty = client.get(reverse("notices") + "?unread=1").content.decode()
    assert "Everything is read" in empty


def test_many_notices_come_in_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    for _ in range(3):
        notify([desk.owner], TRAINED)
    client = desk.client(desk.owner)
    page = client.get(reverse("notices"))
    older = page.context["older"]
    assert older and client.get(reverse("notices"), {"before": older}).context["older"] is None
    assert client.get(reverse("notices"), {"before": "nonsense"}).status_code == 200


def test_counting_takes_one_query(desk: Desk, django_assert_num_queries: object) -> None:
    for _ in range(5):
        notify([desk.owner], TRAINED)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert queries.unread(desk.owner) == 5


# E-mail


def test_what_happened_within_minutes_leaves_as_one_mail_that_names_nobody(desk: Desk) -> None:
    other = desk.new_customer(desk.owner, desk.north, "张伟")
    for ref in (desk.ref, ("customer", other.pk)):
        notify([desk.colleague], MENTION, by=desk.owner, ref=ref, at=NOW)
    postman = Postman()
    assert delivering.send_mails(postman, now=NOW + timedelta(minutes=1)) == 0
    assert delivering.send_mails(postman, now=NOW + timedelta(minutes=3)) == 1
    assert delivering.send_mails(postman, now=NOW + timedelta(minutes=4)) == 0
    (mail,) = postman.sent
    assert mail["To"] == desk.colleague.email
    assert mail["Subject"] == "Zhiyin: You were mentioned in 2 comments"
    whole = mail.as_string() + mail.get_content()
    for name in ("林静姝", "张伟", "Owner", "Colleague", str(desk.customer.pk)):
        assert name not in whole
    assert "/notifications/" in mail.get_content()


def test_different_kinds_are_counted_in_the_subject_and_told_in_the_users_language(
    desk: Desk,
) -> None:
    desk.colleague.locale = "zh-hans"
    desk.colleague.save()
    services.set_wishes(
        desk.colleague,
        [Preference(kind="task.assigned", in_product=False, mail="now", push=False),
         Preference(kind="no such kind", in_product=False, mail="now", push=False)],
        Hours(zone="Asia/Shanghai"),
    )  # fmt: skip
    notify([desk.colleague], MENTION, by=desk.owner, ref=desk.ref, at=NOW)
    notify([desk.colleague], TASK, by=desk.owner, ref=desk.ref, at=NOW)
    postman = Postman()
    delivering.send_mails(postman, now=NOW + timedelta(minutes=5))
    (mail,) = postman.sent
    assert mail["Subject"] == "知音：2 条新通知"
    assert "有 1 条评论提到了您" in mail.get_content()
    assert len(_lines(desk.colleague)) == 1  # the task is not shown in the product


def test_what_was_read_or_lost_from_sight_is_not_mailed(desk: Desk) -> None:
    notify([desk.colleague, desk.reader], MENTION, by=desk.owner, ref=desk.ref, at=NOW)
    services.mark_all_read(desk.reader, now=NOW)
    desk.customer.department = desk.south
    desk.customer.save()
    postman = Postman()
    assert delivering.send_mails(postman, now=NOW + timedelta(minutes=5)) == 0
    assert postman.sent == [] and not Notice.objects.exclude(mail_due=None).exists()


def test_the_night_holds_back_and_the_morning_tells_once(desk: Desk) -> None:
    quiet = Hours(zone="Asia/Shanghai", quiet=True, quiet_from=time(22), quiet_until=time(8))
    services.set_wishes(desk.colleague, [], quiet)
    night = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    for minute in range(3):
        at = night + timedelta(minutes=minute)
        notify([desk.colleague], MENTION, by=desk.owner, ref=desk.ref, at=at)
    postman = Postman()
    assert delivering.send_mails(postman, now=night + timedelta(hours=8)) == 0
    assert delivering.send_mails(postman, now=night + timedelta(hours=9)) == 1
    assert postman.sent[0]["Subject"].endswith("3 comments")


def test_quiet_hours_wished_for_since_hold_too(desk: Desk) -> None:
    notify([desk.colleague], MENTION, by=desk.owner, ref=desk.ref, at=NOW)
    services.set_wishes(
        desk.colleague, [],
        Hours(zone="Asia/Shanghai", quiet=True, quiet_from=time(12), quiet_until=time(14)),
    )  # fmt: skip
    assert delivering.send_mails(Postman(), now=NOW + timedelta(minutes=5)) == 0
    assert Notice.objects.get().mail_due == NOW + timedelta(hours=2)


def test_a_server_that_is_away_is_asked_again_and_one_that_refuses_is_not(desk: Desk) -> None:
    later = NOW + timedelta(minutes=5)
    notify([desk.colleague], MENTION, by=desk.owner, ref=desk.ref, at=NOW)
    assert delivering.send_mails(Postman(UnreachableError()), now=later) == 0
    assert Notice.objects.exclude(mail_due=None).exists()
    for error in (RefusedError(), UnknownError()):
        Notice.objects.update(mail_due=NOW)
        delivering.send_mails(Postman(error), now=later)
        assert not Notice.objects.exclude(mail_due=None).exists()


def test_without_a_mail_server_nothing_piles_up(desk: Desk) -> None:
    notify([desk.colleague], MENTION, by=desk.owner, ref=desk.ref, at=NOW)
    assert delivering.send_mails(Outbox(), now=NOW + timedelta(minutes=5)) == 0
    assert not Notice.objects.exclude(mail_due=None).exists()


# Wishes


def test_wishes_are_kept_and_shown(desk: Desk, settings: LazySettings) -> None:
    settings.SMTP_URL = ""
    client, address = desk.client(desk.owner), reverse("notice_wishes")
    assert "No mail server" in client.get(address).content.decode()
    sent = {"kind": ["task.assigned", "comment.mention"], "product:comment.mention": "on",
            "push:task.assigned": "on",
            "mail:task.assigned": "digest", "mail:comment.mention": "nonsense",
            "zone": "Europe/London", "quiet": "on", "quiet_from": "21:30", "quiet_until": "x",
            "digest_at": "07:15"}  # fmt: skip
    assert client.post(address, sent).status_code == 302
    kept = {wish.key: wish for wish in queries.wishes(desk.owner)}
    assert (kept["task.assigned"].in_product, kept["task.assigned"].mail) == (False, "digest")
    assert (kept["comment.mention"].in_product, kept["comment.mention"].mail) == (True, "off")
    assert kept["import.loaded"].in_product  # was not in the form
    hours = Hours.objects.get(user=desk.owner)
    assert (hours.zone, hours.quiet_from, hours.quiet_until) == (
        "Europe/London", time(21, 30), time(8),
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"zone": "Moon/Base"}, {"quiet": "on", "quiet_from": "08:00", "quiet_until": "08:00"}]
)
def test_wishes_that_cannot_be_are_refused(desk: Desk, wrong: dict[str, str]) -> None:
    answer = desk.client(desk.owner).post(reverse("notice_wishes"), wrong)
    assert answer.status_code == 422 and not Hours.objects.exists()


def test_a_kind_that_is_switched_off_everywhere_leaves_no_row(desk: Desk) -> None:
    services.set_wishes(
        desk.owner, [Preference(kind="model.trained", in_product=False, mail="off", push=False)],
        Hours(zone="UTC"),
    )  # fmt: skip
    notify([desk.owner], TRAINED)
    assert not Notice.objects.exists()


def test_every_kind_speaks_both_languages_and_names_nobody_outside(desk: Desk) -> None:
    for kind in kinds.kinds().values():
        for language in ("en", "zh-hans"):
            with translation.override(language):
                for count in (1, 3):
                    outside = kind.plainly(count)
                    assert outside and "%(" not in outside
                    for title in ("", "林静姝"):
                        assert "%(" not in kind.says(kinds.Said(count, "Bo", title))
                assert str(kind.label)


def test_old_notices_and_comments_are_forgotten(desk: Desk) -> None:
    made = services.add_comment(desk.ref, "@Colleague", by=desk.owner).comment
    kept = services.add_comment(desk.ref, "stays", by=desk.owner).comment
    services.delete_comment(made, by=desk.owner, now=timezone.now())
    notify([desk.owner], TRAINED)
    assert services.purge(now=timezone.now() + timedelta(days=31)) == 1
    assert services.purge(now=timezone.now() + timedelta(days=91)) == 1
    kept.refresh_from_db()
    assert not Notice.objects.exists()


def test_an_infected_file_tells_who_attached_it(
    desk: Desk, settings: LazySettings, tmp_path: object
) -> None:
    import shlex
    import sys

    settings.FILES_STORE = str(tmp_path)
    settings.FILE_SCANNER = f"command:{shlex.quote(sys.executable)} -c 'raise SystemExit(1)'"
    made = desk.attach(b"x", "a.txt")
    file_services.scan(made.content, now=timezone.now())
    (line,) = _lines(desk.owner)
    assert line.text == "A file on 林静姝 is infected and locked"


def test_the_tasks_of_the_room_run(desk: Desk, settings: LazySettings) -> None:
    from zhiyin.talk import tasks

    settings.SMTP_URL = ""
    notify([desk.colleague], MENTION, by=desk.owner, ref=desk.ref, at=NOW)
    tasks.tell_due(0)
    tasks.purge_talk(0)
    assert not Notice.objects.exclude(mail_due=None).exists()


def test_a_time_zone_that_is_gone_is_the_houses_own(desk: Desk) -> None:
    from zhiyin.talk.emitting import wishes_of

    assert wishes_of(Hours(zone="Moon/Base")).zone.key == "Asia/Shanghai"


def test_a_sign_in_in_a_second_browser_is_told(desk: Desk) -> None:
    from zhiyin.accounts.models import KnownDevice

    for digest in (b"1" * 32, b"2" * 32):
        KnownDevice.objects.create(user=desk.owner, digest=digest, last_seen_at=NOW)
    (line,) = _lines(desk.owner)
    assert "new browser" in line.text and line.address == reverse("account")
