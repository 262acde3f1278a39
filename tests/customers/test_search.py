"""A customer is found by any part of what is known of them, unless a mask hides that part."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.customers import people
from zhiyin.accounts.policy import Grant, Level, Scope, supposing
from zhiyin.accounts.roles import Role
from zhiyin.customers import asking
from zhiyin.customers.asking import asked
from zhiyin.customers.models import Customer, CustomerSearch
from zhiyin.customers.search import grams

pytestmark = pytest.mark.django_db


def found(question: str, role: Role = Role.ADMINISTRATOR) -> set[str]:
    user = factories.user(role)
    answer = asked(user, Customer.objects.all(), question)
    names = {one.name for one in answer.rows}
    assert answer.counted.count() == len(names)
    return names


@pytest.fixture(autouse=True, params=[asking.SMALL, 0], ids=["few", "many"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The few are taken by their ids, the many are looked for along the list: the same people."""
    monkeypatch.setattr(asking, "SMALL", request.param)


@pytest.fixture(autouse=True)
def _customers() -> None:
    people.customer("林静姝", phone="+8613800136207", email="linjing.tea@qq.com", number="YL-20418")
    people.customer("欧阳慧敏", phone="+8615912340372", email="ouyang@example.com")
    people.customer("Sarah Whitfield", phone="+447700900901", email="sarah@example.co.uk")


@pytest.mark.parametrize(
    "question",
    ["林静姝", "静姝", "林", "linjingshu", "lin jing", "jingshu", "ljs", "YL-204", "20418",
     "13800136207", "00136", "6207", "linjing.tea", "@qq.com", "ＬＩＮ"],
)  # fmt: skip
def test_any_part_finds_the_person(question: str) -> None:
    assert "林静姝" in found(question)
    assert "Sarah Whitfield" not in found(question)


@given(st.text("01a王", max_size=30), st.integers(0, 30), st.integers(1, 30))
def test_whatever_a_text_contains_is_found_by_its_grams(text: str, start: int, size: int) -> None:
    assert grams(text[start : start + size]) <= grams(text)


@pytest.mark.parametrize("question", ["00000000", "0000", "80000000"])
def test_a_long_run_of_one_digit_finds_the_number_and_no_other(question: str) -> None:
    people.customer("王零", phone="+8613800000000")
    people.customer("李零", phone="+8613800012300")
    assert found(question) == {"王零"}


def test_people_indexed_before_runs_were_are_found_by_them_after_the_upgrade() -> None:
    person = people.customer("王零", phone="+8613800000000")
    row = CustomerSearch.objects.get(customer=person)
    row.grams = [one for one in row.grams if one not in grams("0" * 12) - grams("000")]
    row.save()
    assert found("00000000") == set()
    upgrade = import_module("zhiyin.customers.migrations.0005_runs_in_search")
    upgrade.add_runs(apps, None)
    assert found("00000000") == {"王零"}


def test_several_words_must_all_be_found() -> None:
    assert found("sarah example") == {"Sarah Whitfield"}
    assert found("sarah qq.com") == set()


def test_compound_surnames_are_read_as_surnames() -> None:
    assert found("ouyang hui") == {"欧阳慧敏"}
    assert found("oyhm") == {"欧阳慧敏"}


@pytest.mark.parametrize("question", ["00136", "linjing.tea", "qq.com", "@qq", "ouyang@exam"])
def test_whoever_sees_masks_cannot_probe_behind_them(question: str) -> None:
    assert found(question, Role.MARKETER) == set()


@pytest.mark.parametrize(
    "question", ["林静", "ljs", "YL-20418", "6207", "13800136207", "linjing.tea@qq.com"]
)
def test_whoever_sees_masks_finds_by_name_number_and_what_they_know_whole(question: str) -> None:
    assert found(question, Role.MARKETER) == {"林静姝"}


@pytest.mark.parametrize("question", ["6207", "13800136207", "+8613800136207"])
def test_from_whom_the_phone_is_hidden_finds_nobody_by_it(question: str) -> None:
    hidden = Grant(Scope.ALL, {"see"}, fields={"phone": Level.HIDDEN})
    with supposing({"customer": {Role.MARKETER: (hidden,)}}):
        assert found(question, Role.MARKETER) == set()
        assert found("linjing.tea@qq.com", Role.MARKETER) == {"林静姝"}


def test_from_whom_both_are_hidden_finds_by_the_name_alone() -> None:
    with supposing(
        {"customer": {Role.MARKETER: (Grant(Scope.ALL, {"see"}, personal=Level.HIDDEN),)}}
    ):
        assert found("linjing.tea@qq.com", Role.MARKETER) == set()
        assert found("林静", Role.MARKETER) == {"林静姝"}


def test_from_whom_the_number_is_hidden_finds_nobody_by_it() -> None:
    hidden = Grant(Scope.ALL, {"see"}, fields={"number": Level.HIDDEN})
    with supposing({"customer": {Role.MARKETER: (hidden,)}}):
        for question in ("YL-20418", "20418", "yl"):
            assert found(question, Role.MARKETER) == set(), question
        for question in ("林静", "ljs", "lj"):
            assert found(question, Role.MARKETER) == {"林静姝"}, question


def test_a_hidden_number_that_is_the_whole_name_too_finds_nobody() -> None:
    people.customer("", number="ZX-9")
    grant = Grant(Scope.ALL, {"see"}, fields={"number": Level.HIDDEN})
    with supposing({"customer": {Role.MARKETER: (grant,)}}):
        assert found("ZX-9", Role.MARKETER) == set()


@pytest.mark.parametrize("question", ["%", "_", "'", "\x00", "a" * 500, "🍵", "\\"])
def test_odd_questions_do_no_harm(question: str) -> None:
    found(question)
