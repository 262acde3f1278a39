"""Customers erased everywhere from a script, with a preview and a receipt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.cli.terminal import Answer
from zhiyin.collect import archive
from zhiyin.customers.models import Customer, Identifier, Order
from zhiyin.govern.models import Erasure

Run = Callable[..., Answer]


@pytest.fixture
def loaded(run: Run, orders: Path) -> None:
    assert run("import", orders).code == 0


def test_a_dry_run_tells_what_would_go_and_changes_nothing(run: Run, loaded: None) -> None:
    found = run("erase", "--customer", "C1", "--dry-run", "--json").json()
    assert found["customers"] == 1
    assert found["rows"]["customers_customer"] == 1
    assert found["kept_without_them"]["customers_order"] >= 1
    assert Customer.objects.filter(number="C1").exists()
    assert not Erasure.objects.exists()
    assert "1 customers would go" in run("erase", "--customer", "C1", "--dry-run").out


def test_erase_leaves_the_books_and_a_receipt_that_names_nobody(
    run: Run, loaded: None, settings: Settings
) -> None:
    customer = Customer.objects.get(number="C1")
    seen = list(Identifier.objects.filter(customer=customer).values_list("value", flat=True))
    orders = Order.objects.count()
    answer = run("erase", "--customer", "C1", "--later", "--json")
    assert answer.code == 0, answer.err
    assert (answer.json()["state"], answer.json()["left"]) == ("forgotten", 0)
    assert not Customer.objects.filter(pk=customer.pk).exists()
    assert not Identifier.objects.filter(value__in=seen).exists()
    assert Order.objects.count() == orders
    assert str(customer.pk) not in json.dumps(
        archive.lake().read("events").to_pylist(), default=str
    )
    assert run("erase", "--customer", "C1").code == 3
    one = Erasure.objects.get()
    assert not any(name in json.dumps(one.receipt) for name in [*seen, str(customer.pk)])


def test_orders_go_where_that_is_said(run: Run, loaded: None, tmp_path: Path) -> None:
    theirs = Order.objects.filter(customer__number__in=["C1", "C2"]).count()
    before = Order.objects.count()
    listed = tmp_path / "numbers.txt"
    listed.write_text("C1\nC2\n")
    answer = run("erase", "--file", listed, "--with-orders", "--later", "--reason", "over")
    assert answer.code == 0, answer.err
    assert "Erased 2 customers" in answer.out
    assert Order.objects.count() == before - theirs < before


def test_who_came_back_is_welcome_again(run: Run, loaded: None) -> None:
    assert run("erase", "--customer", "C1", "--later").code == 0
    assert run("erase", "--welcome", "number:C1").out == (
        "What comes with this identifier is taken in again.\n")  # fmt: skip
    assert run("erase", "--welcome", "number:C1").code == 3
    assert run("erase", "--welcome", "C1").code == 2


def test_what_makes_no_sense_is_refused(run: Run, loaded: None, tmp_path: Path) -> None:
    assert run("erase").code == 2
    assert run("erase", "--resume", "--customer", "C1").code == 2
    assert run("erase", "--customer", "C1", "--customer", "nobody").code == 3
    (tmp_path / "empty").write_text("\n")
    assert run("erase", "--file", tmp_path / "empty").code == 3
    assert Customer.objects.filter(number="C1").exists()
    assert run("erase", "--resume", "--json").json() == {"taken_up": 0, "done": 0}
