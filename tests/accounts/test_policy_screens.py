"""Settings → Permissions: the table, a draft with its simulation, applying, undo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.customers import people
from zhiyin.accounts import policy_changes
from zhiyin.accounts.models import PolicyDraft, PolicyVersion, User
from zhiyin.accounts.roles import Role
from zhiyin.toasts import UNDO

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def built_in() -> Iterator[None]:
    yield
    policy_changes.forget()


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False, headers={"accept-language": user.locale})
    client.force_login(user)
    return client


def admin(locale: str = "en") -> Client:
    return client_of(factories.user(Role.ADMINISTRATOR, name="Chief", locale=locale))


def cell(role: Role = Role.ANALYST, resource: str = "customer") -> str:
    return reverse("permission", args=[resource, role.value])


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en", ["Permissions", "Nobody has changed", "department and below"]),
     ("zh-hans", ["权限", "还没有人改过权限", "本部门及下级"])],
)  # fmt: skip
def test_the_table_says_what_holds_before_anybody_changed_it(locale: str, words: list[str]) -> None:
    shown = page(admin(locale), "permissions")
    for word in words:
        assert word in shown
    assert 'href="/account/permissions/customer/sales/"' in shown
    assert "/account/permissions/account/" not in shown  # what everybody has is no question


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "There is no draft"), ("zh-hans", "没有草稿")]
)
def test_without_a_draft_the_page_says_how_to_begin_one(locale: str, words: str) -> None:
    assert words in page(admin(locale), "policy_draft")


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en", ["Customers", "May see: all → own", "see: −1 record", "Ann Lee", "1 gain, 1 lose"]),
     ("zh-hans", ["客户", "「查看」范围：全部 → 本人", "查看: −1 条记录", "1 个增加，1 个失去"])],
)  # fmt: skip
def test_a_change_is_drafted_simulated_applied_and_undone(locale: str, words: list[str]) -> None:
    factories.user(Role.ANALYST, name="Ann Lee")
    people.customer("林静姝")
    client = admin(locale)
    sent = {"own.action": ["see", "tag"], "own.plain": "read", "own.personal": "masked"}
    answer = client.post(cell(), sent, follow=True)
    shown = answer.content.decode()
    for word in words:
        assert word in shown
    assert not PolicyVersion.objects.exists()
    assert "draft" in page(client, "permissions") or "草稿" in page(client, "permissions")
    form = {"number": "0", "edit": "1", "note": "the audit asked"}
    applied = client.post(reverse("policy_draft"), form, follow=True)
    assert "the audit asked" in applied.content.decode()
    (toast,) = applied.context["messages"]
    assert toast.extra_tags == f"{UNDO}{reverse('go_back_policy', args=[0])}"
    policy_changes.refresh()
    client.post(toast.extra_tags.removeprefix(UNDO))
    assert PolicyVersion.objects.get(pk=2).grants == {}


def test_the_form_shows_what_the_draft_says_and_saving_it_unchanged_changes_nothing() -> None:
    client = admin()
    client.post(cell(), {"own.action": "see", "own.field.phone": "read"})
    shown = client.get(cell()).content.decode()
    assert '<option value="read" selected>' in shown.partition('name="own.field.phone"')[2][:600]
    client.post(reverse("discard_policy_draft"))
    assert not PolicyDraft.objects.exists()
    assert client.get(reverse("policy_draft")).context["draft"] is None


def test_a_draft_that_a_colleague_changed_is_shown_again_and_not_applied() -> None:
    client = admin()
    client.post(cell(), {"own.action": "see"})
    client.post(cell(Role.SALES), {"own.action": "see"})
    answer = client.post(reverse("policy_draft"), {"number": "0", "edit": "1"}, follow=True)
    assert "Look again" in answer.content.decode()
    for form in ({}, {"number": "x", "edit": "²"}, {"number": "9" * 30, "edit": "1"}):
        client.post(reverse("policy_draft"), form)
    assert not PolicyVersion.objects.exists()


def test_an_administrator_cannot_lock_themself_out_on_the_screen() -> None:
    client = admin()
    client.post(cell(Role.ADMINISTRATOR, "policy"), {})
    answer = client.post(reverse("policy_draft"), {"number": "0", "edit": "1"}, follow=True)
    assert "You would lose the right" in answer.content.decode()
    assert not PolicyVersion.objects.exists()


def test_an_earlier_version_is_looked_at_and_an_undo_that_locks_out_is_refused() -> None:
    client = admin()
    for number, actions in enumerate((["see"], ["see", "tag"])):
        client.post(cell(), {"own.action": actions})
        client.post(reverse("policy_draft"), {"number": number, "edit": "1"})
    shown = page(client, "permissions")
    assert reverse("draft_earlier_policy", args=[1]) in shown
    answer = client.post(reverse("draft_earlier_policy", args=[1]), follow=True)
    assert "May no longer tag" in answer.content.decode()
    assert client.post(reverse("go_back_policy", args=[9])).status_code == 404
    PolicyVersion.objects.filter(pk=1).update(
        grants={"policy": {"administrator": []}}  # as an older release may have left it
    )
    answer = client.post(reverse("go_back_policy", args=[1]), follow=True)
    assert "You would lose the right" in answer.content.decode()


@pytest.mark.parametrize(
    ("resource", "role", "sent"),
    [("customer", "king", {}), ("dragon", "sales", {}), ("account", "sales", {}),
     ("customer", "sales", {"own.action": "fly"}),
     ("customer", "sales", {"own.action": "see", "own.plain": "gold"})],
)  # fmt: skip
def test_what_no_form_of_ours_says_is_not_found(
    resource: str, role: str, sent: dict[str, str]
) -> None:
    address = reverse("permission", args=[resource, role])
    assert admin().post(address, sent).status_code == 404
    assert not PolicyDraft.objects.exists()


def test_the_data_protection_officer_reads_the_policy_and_changes_nothing() -> None:
    admin().post(cell(), {"own.action": "see"})
    client = client_of(factories.user(Role.DPO))
    assert cell() not in page(client, "permissions")
    assert "Apply to everybody" not in page(client, "policy_draft")
    assert client.get(cell()).status_code == 403
    assert client.post(reverse("policy_draft"), {"number": "0", "edit": "1"}).status_code == 403


def test_a_hostile_note_is_text() -> None:
    client = admin()
    client.post(cell(), {"own.action": "see"})
    note = "<script>alert(1)</script>"
    client.post(reverse("policy_draft"), {"number": "0", "edit": "1", "note": note})
    assert note not in page(client, "permissions")
