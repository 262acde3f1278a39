"""A column of a customer file fills a field that the company added itself: read by its type and its
rules, refused by name, written with history, taken back with the import."""

from __future__ import annotations

import pytest

from tests import factories
from tests.collect.desk import Desk, note_of
from tests.objects.custom.fields import field
from zhiyin.accounts.roles import Role
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping
from zhiyin.collect import own_fields, services
from zhiyin.collect.models import Import, SavedMapping
from zhiyin.customers.models import Customer, ProfileChange
from zhiyin.objects.custom import services as definitions

LEVELS = {"choices": [{"key": "a", "zh": "甲", "en": "Ay"}, {"key": "b", "zh": "乙", "en": "Bee"}]}
HEADER = "客户编号,姓名,手机,积分,级别,入会日,备注手机"


@pytest.fixture(autouse=True)
def _fields(db: None) -> None:
    field("c_points", "number", label_zh="积分", rules={"decimals": 0, "least": "0"})
    field("c_levels", "choices", label_zh="级别", rules=LEVELS)
    field("c_since", "date", label_zh="入会日")
    field("c_second", "phone", label_zh="备注手机", sensitivity="personal")


def rejected(one: Import) -> dict[int, tuple[str, str]]:
    """The rejected rows: the column and the reason, by the number of the row."""
    rows = services.rejected_rows(one).to_pylist()
    return {row["row_number"]: (row["field"], row["reason_en"]) for row in rows}


def custom(number: str) -> dict[str, object]:
    found: dict[str, object] = Customer.objects.get(number=number).custom
    return found


def test_cells_become_values_by_the_type_of_their_field(desk: Desk) -> None:
    one = desk.loaded(
        f"{HEADER}\nC1,林静姝,13912345678,\"1,250\",甲、Bee,2026年3月5日,139 1234 5679\n"
        "C2,张伟,13912345670,,,,\n",
        "people.csv",
    )  # fmt: skip
    assert (one.kind, one.rejected) == ("customers", 0)
    assert custom("C1") == {
        "c_points": "1250", "c_levels": ["a", "b"], "c_since": "2026-03-05",
        "c_second": "+8613912345679",
    }  # fmt: skip
    assert custom("C2") == {}
    change = ProfileChange.objects.get(field="c_levels")
    assert (change.before, change.after) == ("", "a\x1fb")


def test_what_the_field_does_not_take_is_refused_by_row_column_and_reason(desk: Desk) -> None:
    one = desk.checked(
        f"{HEADER}\nC1,A,13912345671,-5,,,\nC2,B,13912345672,many,,,\nC3,C,13912345673,1,丙,,\n"
        "C4,D,13912345674,1,,31/31/2026,\nC5,E,13912345675,1,,,12\nC6,F,13912345676,7,甲,,\n",
        "people.csv",
    )  # fmt: skip
    found = rejected(one)
    assert {row: column for row, (column, _) in found.items()} == {
        2: "积分", 3: "积分", 4: "级别", 5: "入会日", 6: "备注手机",
    }  # fmt: skip
    assert found[2][1] == "at least 0"
    assert found[4][1] == "there is no choice “丙”"
    assert (one.rows, one.rejected) == (6, 5)


def test_an_empty_cell_leaves_what_is_there(desk: Desk) -> None:
    desk.loaded("客户编号,积分\nC1,5\n", "people.csv")
    desk.loaded("客户编号,姓名,积分\nC1,林静姝,\n", "people.csv")
    assert custom("C1") == {"c_points": "5"}


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    text = "客户编号,积分\nC1,5\n"
    desk.loaded(text, "people.csv")
    desk.loaded(text, "people.csv")
    assert ProfileChange.objects.filter(field="c_points").count() == 1


def test_an_undone_import_puts_back_what_stood_there(desk: Desk) -> None:
    desk.loaded("客户编号,积分,级别\nC1,5,甲\nC3,1,\n", "people.csv")
    second = desk.loaded("客户编号,积分,级别,入会日\nC1,9,乙,2026-01-02\nC3,2,\n", "people.csv")
    person = Customer.objects.get(number="C3")
    person.custom["c_points"] = "77"  # somebody changed it since
    person.save()
    desk.post("undo_import", second)
    desk.wait()
    assert custom("C1") == {"c_points": "5", "c_levels": ["a"]}
    assert custom("C3") == {"c_points": "77"}


def test_a_unique_value_of_another_is_refused_and_of_the_same_person_is_not(desk: Desk) -> None:
    field("c_card", label_zh="老卡", rules={"unique": True})
    desk.loaded("客户编号,姓名,老卡\nC9,D,X9\n", "people.csv")
    one = desk.loaded("客户编号,姓名,老卡\nC1,A,X1\nC2,B,X1\nC3,C,X9\nC9,E,X9\n", "people.csv")
    assert rejected(one) == {
        3: ("老卡", "another customer has this value already"),
        4: ("老卡", "another customer has this value already"),
    }  # fmt: skip
    assert (custom("C1"), custom("C9")) == ({"c_card": "X1"}, {"c_card": "X9"})


def test_a_value_that_was_taken_between_check_and_load_is_left_out(desk: Desk) -> None:
    field("c_card", label_zh="老卡", rules={"unique": True})
    one = desk.checked("客户编号,姓名,老卡\nC1,A,X1\n", "people.csv")
    Customer.objects.create(number="C9", custom={"c_card": "X1"})
    desk.post("load_import", one)
    desk.wait()
    one.refresh_from_db()
    assert custom("C1") == {}
    assert one.report["conflicts"] == 1


def test_a_field_that_was_retired_between_check_and_load_is_left_out(desk: Desk) -> None:
    one = desk.checked("客户编号,积分\nC1,5\n", "people.csv")
    from zhiyin.objects.custom.models import CustomField

    definitions.retire(CustomField.objects.get(key="c_points"),
                       by=factories.user(Role.ADMINISTRATOR))  # fmt: skip
    desk.post("load_import", one)
    desk.wait()
    assert custom("C1") == {}


def test_a_person_chooses_the_field_on_the_screen(desk: Desk) -> None:
    one = desk.uploaded("客户编号,姓名,bonus\nC1,A,5\n", "people.csv")
    assert "Field c_points (own field)" in desk.page("import_columns", one)
    desk.map(one, c2="c_points")
    desk.wait()
    one.refresh_from_db()
    assert one.mapping["columns"]["bonus"] == "c_points"


def test_a_field_that_is_hidden_from_somebody_they_fill_from_no_file(desk: Desk) -> None:
    field("c_illness", label_zh="病史", sensitivity="sensitive")
    one = desk.uploaded("客户编号,姓名,病史\nC1,A,哮喘\n", "people.csv")
    assert "c_illness" not in one.mapping["columns"].values()
    assert "c_illness" not in desk.page("import_columns", one)
    forged = Mapping(kind=Kind.CUSTOMERS, columns={"客户编号": "customer_ref", "病史": "c_illness"})
    with pytest.raises(own_fields.NotOffered):
        services.map_columns(one, forged, by=desk.user)
    answer = desk.map(one, c2="c_illness")
    assert not note_of(answer)
    desk.wait()
    one.refresh_from_db()
    assert "c_illness" not in one.mapping["columns"].values()


def test_a_mapping_that_an_administrator_made_gives_no_right_to_who_comes_after(
    desk: Desk,
) -> None:
    field("c_illness", label_zh="病史", sensitivity="sensitive")
    boss = Desk(factories.user(Role.ADMINISTRATOR))
    text = "客户编号,姓名,病史\nC1,A,哮喘\n"
    boss.loaded(text, "people.csv")
    assert custom("C1") == {"c_illness": "哮喘"}
    assert "c_illness" in SavedMapping.objects.get().mapping["columns"].values()
    desk.loaded(text.replace("哮喘", "无"), "people.csv")
    assert custom("C1") == {"c_illness": "哮喘"}
