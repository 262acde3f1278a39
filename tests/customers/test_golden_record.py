"""The golden record: each source's value is kept, one stands, another is chosen, locked, let go."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.collect.desk import Desk
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.collect import services as collecting
from zhiyin.collect.models import Import, Source
from zhiyin.customers import profiles, tasks
from zhiyin.customers.models import Customer, SourceRecord
from zhiyin.customers.services import golden, profile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_lake")]


@pytest.fixture
def admin() -> User:
    return factories.user(Role.ADMINISTRATOR)


def brought(admin: User, source: str, row: str, header: str = "会员号,姓名,手机,城市") -> Import:
    """A file of one customer, from a source of this name."""
    desk = Desk(admin)
    return desk.loaded(f"{header}\n{row}\n", "people.csv", source=source)


def only() -> Customer:
    return Customer.objects.get()


def said(field: str) -> dict[str, object]:
    """By source what it says of a field."""
    rows = SourceRecord.objects.select_related("source")
    return {row.source.key: row.said[field]["v"] for row in rows if field in row.said}


def window(admin: User, field: str) -> str:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin)
    answer = client.get(reverse("customer_values", args=[only().pk, field]))
    assert answer.status_code == 200
    return answer.content.decode()


def act(admin: User, field: str, **data: str) -> None:
    client = Client()
    client.force_login(admin)
    answer = client.post(reverse("customer_values", args=[only().pk, field]), data)
    assert answer.status_code == 302


def test_a_cleaned_field_shows_what_stood_there_and_the_rule(admin: User) -> None:
    brought(admin, "crm", "C1, 王小明 先生,138 1234 5678,杭州市")
    assert only().phone == "+8613812345678"
    text = window(admin, "phone")
    assert "138 1234 5678" in text
    assert "international form" in text
    record = SourceRecord.objects.get(source__key="crm")
    assert {"phone:phone_standard", "name:name_tidied"} <= set(record.mended)


def test_a_masked_field_shows_a_masked_original(admin: User) -> None:
    brought(admin, "crm", "C1,王小明,138 1234 5678,杭州")
    assert "138 1234 5678" in window(factories.user(Role.DPO), "phone")
    Customer.objects.update(department=(department := factories.department()))
    text = window(factories.user(Role.MANAGER, department=department), "phone")
    assert "1234 5678" not in text
    assert "cleaned from" in text


def test_the_newest_value_stands_and_the_other_is_one_click_away(admin: User) -> None:
    brought(admin, "crm", "C1,王小明,13812345678,杭州")
    brought(admin, "till", "C1,王晓明,13812345678,宁波")
    assert (only().name, only().city) == ("王晓明", "宁波")
    assert said("name") == {"crm": "王小明", "till": "王晓明"}
    text = window(admin, "name")
    assert "王小明" in text
    assert "Use and lock" in text


def test_a_chosen_value_is_locked_until_it_is_let_go(admin: User) -> None:
    brought(admin, "crm", "C1,王小明,13812345678,杭州")
    brought(admin, "till", "C1,王晓明,13812345678,宁波")
    older = SourceRecord.objects.get(source__key="crm")
    act(admin, "name", choose=str(older.pk))
    assert only().name == "王小明"
    brought(admin, "till", "C1,王大明,13812345678,宁波")
    assert only().name == "王小明"
    assert said("name")["till"] == "王大明"
    act(admin, "name", unlock="1")
    assert only().name == "王大明"


def test_trusted_and_complete_and_a_stated_default(admin: User) -> None:
    brought(admin, "crm", "C1,王小明,13812345678,")
    brought(admin, "till", "C1,王小,13812345678,")
    assert only().name == "王小"
    golden.set_rules({"name": ("complete", "trusted", "")}, by=admin)
    profiles.decide_anew([only().pk], at=only().created_at)
    assert only().name == "王小明"
    golden.set_rules({"name": ("trusted", "trusted", ""), "country": ("newest", "default", "中国")},
                     by=admin)  # fmt: skip
    till = Source.objects.get(key="till")
    golden.set_trust([till.pk], by=admin)
    work = tasks.begin_redeciding(["name", "country"], by=admin)
    tasks.redecide(str(work.pk), ["name", "country"])
    assert (only().name, only().country) == ("王小", "中国")
    assert "country" not in said("country")  # nobody said it: it counts as missing


def test_undoing_an_import_brings_the_other_value_back(admin: User) -> None:
    brought(admin, "crm", "C1,王小明,13812345678,杭州")
    second = brought(admin, "till", "C1,王晓明,13812345678,宁波")
    collecting.undo(second, by=admin)
    assert (only().name, only().city) == ("王小明", "杭州")
    assert said("name") == {"crm": "王小明"}


def test_what_people_write_is_a_source_too(admin: User) -> None:
    brought(admin, "crm", "C1,王小明,13812345678,杭州")
    profile.change_field(only(), "city", "绍兴", by=admin, version=only().version)
    assert said("city") == {"crm": "杭州", golden.BY_HAND: "绍兴"}
    brought(admin, "crm", "C1,王小明,13812345678,宁波")
    assert only().city == "宁波"  # newer, and nobody locked the other


def test_values_move_with_their_identifier_and_come_back(admin: User) -> None:
    """What un-merge needs: records know their identifier and their home."""
    brought(admin, "crm", "C1,王小明,13812345678,杭州")
    brought(admin, "till", "C2,李四,13900001111,宁波")
    one, two = Customer.objects.order_by("number")
    before = list(SourceRecord.objects.order_by("pk").values())
    SourceRecord.objects.filter(customer=two).update(customer=one)
    profiles.decide_anew([one.pk], at=one.created_at)
    one.refresh_from_db()
    assert one.name == "李四"
    SourceRecord.objects.filter(home=two.pk).update(customer=two)
    profiles.decide_anew([one.pk, two.pk], at=one.created_at)
    one.refresh_from_db()
    assert one.name == "王小明"
    assert list(SourceRecord.objects.order_by("pk").values()) == before


def test_who_may_not_change_a_customer_cannot_choose(admin: User) -> None:
    brought(admin, "crm", "C1,王小明,13812345678,杭州")
    client = Client()
    client.force_login(factories.user(Role.ANALYST))
    answer = client.post(reverse("customer_values", args=[only().pk, "name"]), {"lock": "1"})
    assert answer.status_code == 403


def test_the_import_report_shows_cells_as_they_came_and_are(admin: User) -> None:
    one = brought(admin, "crm", "C1,王小明,138 1234 5678,杭州")
    page = Desk(admin).page("import", one)
    assert "138 1234 5678" in page
    assert "+8613812345678" in page
