"""Comments beside a record: who may, who is called, what is told, and that text stays text."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.files.desk import Desk
from zhiyin.accounts.access import Denied, OutOfSight
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.talk import mentions, services
from zhiyin.talk.models import Comment, Notice


def test_whom_a_comment_calls_is_told(desk: Desk) -> None:
    written = services.add_comment(desk.ref, "@Colleague please call", by=desk.owner)
    notice = Notice.objects.get()
    assert (notice.user, notice.by, notice.kind) == (desk.colleague, desk.owner, "comment.mention")
    assert written.comment.mentions == [desk.colleague.pk]
    assert "Colleague" not in json.dumps(notice.detail)
    assert AuditPending.objects.get(verb="comment.added").detail["told"] == 1


def test_who_may_not_see_the_record_is_not_told_and_the_author_is(desk: Desk) -> None:
    written = services.add_comment(desk.ref, "@Stranger look", by=desk.owner)
    assert written.called.unable == [desk.stranger] and written.comment.mentions == []
    assert not Notice.objects.exists()
    answer = desk.client(desk.owner).post(
        reverse("record_comments", args=desk.ref), {"text": "@Stranger look"},
        headers={"hx-request": "true"},
    )  # fmt: skip
    said = json.loads(answer.headers["HX-Trigger"])["toast"]["text"]
    assert said == "Stranger cannot see this record and was not told."


def test_a_name_that_two_people_have_calls_whom_the_author_chose(desk: Desk) -> None:
    twin = factories.user(Role.SALES, department=desk.north, name="Colleague")
    unclear = services.add_comment(desk.ref, "@Colleague look", by=desk.owner)
    assert unclear.called.unclear == ["Colleague"] and not Notice.objects.exists()
    services.add_comment(desk.ref, "@Colleague look", by=desk.owner, chosen=[twin.pk])
    assert Notice.objects.get().user == twin


def test_an_id_without_its_name_in_the_text_calls_nobody(desk: Desk) -> None:
    services.add_comment(desk.ref, "nobody here", by=desk.owner, chosen=[desk.colleague.pk])
    services.add_comment(desk.ref, "@Owner myself", by=desk.owner)
    left = factories.user(Role.SALES, department=desk.north, name="Gone")
    left.is_active = False
    left.save()
    services.add_comment(desk.ref, "@Gone hello", by=desk.owner)
    assert not Notice.objects.exists()


def test_editing_tells_only_who_is_new(desk: Desk) -> None:
    made = services.add_comment(desk.ref, "@Colleague", by=desk.owner).comment
    now = timezone.now()
    services.edit_comment(made, "@Colleague and @Reader", by=desk.owner, now=now)
    assert sorted(Notice.objects.values_list("user__name", flat=True)) == ["Colleague", "Reader"]
    services.edit_comment(made, "@Colleague and @Reader", by=desk.owner, now=now)
    assert Notice.objects.count() == 2
    made.refresh_from_db()
    assert made.edited_at == now


def test_taking_a_comment_back_takes_back_what_it_told(desk: Desk) -> None:
    made = services.add_comment(desk.ref, "@Colleague", by=desk.owner).comment
    services.delete_comment(made, by=desk.owner, now=timezone.now())
    services.delete_comment(made, by=desk.owner, now=timezone.now())
    assert not Notice.objects.exists()
    services.restore_comment(made, by=desk.owner)
    services.restore_comment(made, by=desk.owner)
    assert Comment.objects.get().deleted_at is None and not Notice.objects.exists()


def test_only_the_author_changes_a_comment_and_only_a_writer_writes(desk: Desk) -> None:
    made = services.add_comment(desk.ref, "mine", by=desk.owner).comment
    administrator = factories.user(Role.ADMINISTRATOR)
    for other in (desk.colleague, administrator):
        with pytest.raises(Denied):
            services.edit_comment(made, "x", by=other, now=timezone.now())
        with pytest.raises(Denied):
            services.delete_comment(made, by=other, now=timezone.now())
    with pytest.raises(Denied):
        services.add_comment(desk.ref, "x", by=desk.reader)
    with pytest.raises(OutOfSight):
        services.add_comment(desk.ref, "x", by=desk.stranger)
    with pytest.raises(OutOfSight):
        services.add_comment(("import", desk.customer.pk), "x", by=desk.owner)
    assert [comment.text for comment in Comment.objects.all()] == ["mine"]


def test_who_lost_the_record_lost_their_comments_too(desk: Desk) -> None:
    made = services.add_comment(desk.ref, "mine", by=desk.colleague).comment
    desk.customer.department = desk.south
    desk.customer.save()
    with pytest.raises(OutOfSight):
        services.edit_comment(made, "x", by=desk.colleague, now=timezone.now())
    address = reverse("comment", args=[made.pk])
    assert desk.client(desk.colleague).get(address).status_code == 404


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u202e", "x" * 4001])
def test_nothing_and_too_much_are_refused(desk: Desk, text: str) -> None:
    with pytest.raises(services.Refused):
        services.add_comment(desk.ref, text, by=desk.owner)
    answer = desk.client(desk.owner).post(reverse("record_comments", args=desk.ref), {"text": text})
    assert answer.status_code == 422


def test_hostile_text_stays_text_on_every_page(desk: Desk) -> None:
    text = '<script>alert(1)</script> <img src=x onerror=alert(1)> javascript:alert(1) https://a.example/"x'
    services.add_comment(desk.ref, text, by=desk.owner)
    for address in (reverse("record_comments", args=desk.ref), f"/customers/{desk.customer.pk}/",
                    f"/customers/{desk.customer.pk}/?tab=comments"):  # fmt: skip
        page = desk.client(desk.owner).get(address).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page
        assert 'href="javascript' not in page
    assert 'rel="nofollow noopener noreferrer"' in page and 'href="https://a.example/"' in page


def test_the_screens_write_edit_and_delete(desk: Desk) -> None:
    client = desk.client(desk.owner)
    client.post(reverse("record_comments", args=desk.ref), {"text": "first", "mention": "nonsense"})
    made = Comment.objects.get()
    form = client.get(reverse("comment", args=[made.pk])).content.decode()
    assert 'class="editing"' in form
    client.post(reverse("comment", args=[made.pk]), {"text": "second"})
    assert client.post(reverse("comment", args=[made.pk]), {"text": ""}).status_code == 422
    page = client.get(reverse("record_comments", args=desk.ref)).content.decode()
    assert "second" in page and "edited" in page
    gone = client.post(reverse("delete_comment", args=[made.pk]), headers={"hx-request": "true"})
    assert json.loads(gone.headers["HX-Trigger"])["toast"]["undo"]
    assert "second" not in gone.content.decode()
    client.post(reverse("restore_comment", args=[made.pk]))
    assert "second" in client.get(reverse("record_comments", args=desk.ref)).content.decode()
    assert client.post(reverse("delete_comment", args=[made.pk])).status_code == 302


def test_the_timeline_tells_comments_until_they_are_deleted(desk: Desk) -> None:
    made = services.add_comment(desk.ref, "look at this", by=desk.owner).comment
    (line,) = [line for line in desk.timeline() if line.kind == "comment"]
    assert line.quote == "look at this"
    services.delete_comment(made, by=desk.owner, now=timezone.now())
    assert not [line for line in desk.timeline() if line.kind == "comment"]


@pytest.mark.parametrize("typed", ["林", "lin", "ljs", "linjing", "静姝", "LIN"])
def test_colleagues_are_offered_by_name_and_pinyin(desk: Desk, typed: str) -> None:
    lin = factories.user(Role.SALES, department=desk.north, name="林静姝")
    factories.user(Role.SALES, department=desk.south, name="林静远")  # may not see the record
    assert mentions.offered(desk.ref, desk.customer, typed, but=desk.owner) == [lin]


def test_the_list_behind_the_at_shows_no_strangers(desk: Desk) -> None:
    address = reverse("comment_whom", args=desk.ref)
    page = desk.client(desk.owner).get(address, {"q": ""}).content.decode()
    assert "Colleague" in page and "Stranger" not in page and 'data-name="Owner"' not in page
    assert desk.client(desk.stranger).get(address).status_code == 404
    assert desk.client(desk.reader).get(address).status_code == 403


def test_a_company_has_files_and_comments_by_its_own_rights(desk: Desk) -> None:
    from zhiyin.customers.models import Company

    company = Company.objects.create(name="远帆物流", owner=desk.owner, department=desk.north)
    services.add_comment(("company", company.pk), "@Colleague <b>look</b>", by=desk.owner)
    page = desk.client(desk.colleague).get(reverse("company", args=[company.pk]) + "?tab=comments")
    assert "&lt;b&gt;look" in page.content.decode()
    files = desk.client(desk.owner).get(reverse("company", args=[company.pk]) + "?tab=files")
    assert "data-files" in files.content.decode()
    with pytest.raises(OutOfSight):
        services.add_comment(("company", company.pk), "x", by=desk.stranger)
