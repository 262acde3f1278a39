"""Settings, Fields and layouts: what an administrator does there, and what others cannot."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from zhiyin.accounts.access import Level
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer
from zhiyin.objects.custom import layouts, services
from zhiyin.objects.custom.layouts import Placed, Section
from zhiyin.objects.custom.models import CustomField, Layout
from zhiyin.objects.definitions import fields_of
from zhiyin.objects.faults import CannotBe

from ... import factories
from .fields import administrator, customers, field

pytestmark = pytest.mark.django_db
WORDS = {"label_zh": "积分", "label_en": "Points", "sensitivity": "plain"}


@pytest.fixture
def desk() -> Client:
    customers()
    client = Client(headers={"accept-language": "en"})
    client.force_login(administrator())
    return client


def test_a_field_is_written_down_and_stands_in_the_list(desk: Client) -> None:
    given = WORDS | {"type": "number", "key": "points", "least": "0", "listed": "1"}
    desk.post(reverse("new_custom_field", args=["customer"]), given)
    one = CustomField.objects.get()
    assert (one.key, one.type, one.listed, one.rules) == (
        "c_points",
        "number",
        True,
        {"least": "0"},
    )
    page = desk.get(reverse("custom_fields", args=["customer"])).content.decode()
    assert "Points" in page
    assert "c_points" in page


def test_a_choice_takes_its_keys_from_the_names(desk: Client) -> None:
    given = WORDS | {
        "type": "choice", "key": "c_store", "choice_zh": ["外滩店", "徐汇店", ""],
        "choice_en": ["Bund", "Bund", ""], "choice_key": ["", "", ""],
        "choice_colour": ["teal", "", ""], "choice_closed": ["", "1", ""],
    }  # fmt: skip
    desk.post(reverse("new_custom_field", args=["customer"]), given)
    known = CustomField.objects.get().checks.choices
    assert [(c.key, c.zh, c.colour, c.closed) for c in known] == [
        ("bund", "外滩店", "teal", False), ("v1", "徐汇店", "", True),
    ]  # fmt: skip


def test_what_is_wrong_stands_at_its_place_and_nothing_typed_is_lost(desk: Client) -> None:
    given = WORDS | {"type": "formula", "key": "c_f", "formula": "revenue + <script>"}
    answer = desk.post(reverse("new_custom_field", args=["customer"]), given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Character 11" in page
    assert "revenue + &lt;script&gt;" in page
    assert not CustomField.objects.exists()


def test_the_preview_tries_a_value_and_keeps_nothing(desk: Client) -> None:
    given = WORDS | {"type": "number", "key": "c_p", "most": "5", "sample": "7"}
    page = desk.post(reverse("preview_custom_field", args=["customer"]), given).content.decode()
    assert "at most 5" in page
    Customer.objects.create(name="Hidden Name", revenue=10, orders=3)
    given = WORDS | {"type": "formula", "key": "c_f", "formula": "revenue / orders"}
    page = desk.post(reverse("preview_custom_field", args=["customer"]), given).content.decode()
    assert "3.3333" in page
    assert "Hidden Name" not in page
    assert not CustomField.objects.exists()


def test_arrows_order_the_fields_without_a_script(desk: Client) -> None:
    for key in ("c_one", "c_two"):
        field(key)
    desk.post(
        reverse("order_custom_fields", args=["customer"]),
        {"key": ["c_one", "c_two"], "up": "c_two"},
    )
    assert [one.key for one in CustomField.objects.all()] == ["c_two", "c_one"]


def test_a_field_is_retired_and_brought_back(desk: Client) -> None:
    field("c_one")
    address = reverse("retire_custom_field", args=["customer", "c_one"])
    desk.post(address)
    page = desk.get(reverse("custom_fields", args=["customer"])).content.decode()
    assert "1 retired field" in page
    desk.post(address, {"back": "1"})
    assert CustomField.objects.get().retired_at is None


def test_a_conversion_shows_counts_before_anything_happens(desk: Client) -> None:
    field("c_one")
    for text in ("1", "two"):
        Customer.objects.create(custom={"c_one": text})
    address = reverse("convert_custom_field", args=["customer", "c_one"])
    page = desk.get(f"{address}?to=number").content.decode()
    assert "1 row would lose its value" in page
    assert desk.post(address, {"to": "number"}).status_code == 422
    assert CustomField.objects.get().type == "text"
    assert desk.get(f"{address}?to=user").status_code == 404


def test_labels_are_shown_as_text_whatever_they_hold(desk: Client) -> None:
    field("c_one", label_en='"><script>alert(1)</script>', help_en="{{ 7|add:1 }}")
    for address in (
        reverse("custom_fields", args=["customer"]),
        reverse("custom_field", args=["customer", "c_one"]),
        reverse("custom_layout", args=["customer"]),
    ):
        page = desk.get(address).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;" in page


def test_the_layout_is_kept_for_a_role_and_followed(desk: Client) -> None:
    field("c_one")
    field("c_two")
    given = {
        "role": "sales", "item": ["s", "f:c_two", "s", "f:c_one"], "zh": ["甲", "乙"],
        "en": ["First", "Second"], "fold": ["open", "closed"], "read_only": "c_one",
    }  # fmt: skip
    desk.post(reverse("custom_layout", args=["customer"]), given)
    sales = factories.user(Role.SALES)
    every = dict.fromkeys(fields_of(customers()), Level.WRITE)
    parts = layouts.shown(customers(), sales, every)
    first, second = parts
    assert (first.label, first.collapsed, second.label, second.collapsed) == (
        "First", False, "Second", True,
    )  # fmt: skip
    assert [(f.field.key, f.may_write) for p in parts for f in p.fields] == [
        ("c_two", True), ("c_one", False),
    ]  # fmt: skip
    other = factories.user(Role.SERVICE)
    assert layouts.of_user(customers(), other) == layouts.by_default(customers())
    desk.post(reverse("custom_layout", args=["customer"]), {"role": "sales", "drop": "1"})
    assert not Layout.objects.exists()


def test_a_layout_never_widens_what_somebody_may_know() -> None:
    field("c_one")
    field("c_two")
    both = (Section("甲", "All", (Placed("c_one"), Placed("c_two"))),)
    layouts.keep(customers(), "", both, by=administrator())
    levels = {"c_one": Level.READ, "c_two": Level.HIDDEN}
    (part,) = layouts.shown(customers(), factories.user(Role.SALES), levels)
    assert [(f.field.key, f.may_write) for f in part.fields] == [("c_one", False)]


def test_a_required_field_is_on_the_form_though_the_layout_leaves_it_out() -> None:
    field("c_one")
    field("c_must", rules={"required": True})
    layouts.keep(customers(), "", (Section("甲", "A", (Placed("c_one"),)),), by=administrator())
    every = dict.fromkeys(fields_of(customers()), Level.WRITE)
    user = factories.user(Role.SALES)
    form = layouts.shown(customers(), user, every, whole_form=True)
    assert [f.field.key for part in form for f in part.fields] == ["c_one", "c_must"]
    page = layouts.shown(customers(), user, every)
    assert [f.field.key for part in page for f in part.fields] == ["c_one"]


@pytest.mark.parametrize(
    "sections",
    [
        (),
        (Section("", "A"),),
        (Section("甲", "A", (Placed("c_nothing"),)),),
        (Section("甲", "A", (Placed("c_one"), Placed("c_one"))),),
        (Section("甲", "A", (Placed("revenue"),)),),
    ],
)
def test_what_is_no_layout_is_refused(sections: tuple[Section, ...]) -> None:
    field("c_one")
    with pytest.raises(CannotBe):
        layouts.keep(customers(), "", sections, by=administrator())


def test_a_layout_keeps_the_place_of_a_field_that_is_retired_for_a_while() -> None:
    one, by = field("c_one"), administrator()
    field("c_two")
    both = (Section("甲", "A", (Placed("c_one"), Placed("c_two"))),)
    layouts.keep(customers(), "", both, by=by)
    services.retire(one, by=by)
    layouts.keep(customers(), "", both, by=by)
    every = dict.fromkeys(["c_one", "c_two"], Level.READ)
    (part,) = layouts.shown(customers(), by, every)
    assert [f.field.key for f in part.fields] == ["c_two"]


def test_a_data_protection_officer_looks_and_changes_nothing(desk: Client) -> None:
    field("c_one")
    desk.force_login(factories.user(Role.DPO))
    page = desk.get(reverse("custom_field", args=["customer", "c_one"]))
    assert page.status_code == 200
    assert "Retire the field" not in page.content.decode()
    assert desk.post(reverse("custom_field", args=["customer", "c_one"]), WORDS).status_code == 403
