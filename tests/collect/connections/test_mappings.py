"""A mapping is tested before it is kept; each change is a version, and any of them comes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pyarrow.compute as pc
import pytest
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.collect.connections.others import HEADER, connected, mapped, put
from tests.collect.desk import Desk
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.cleaning.mapping import Mapping, Mark
from zhiyin.collect import archive, mappings, trial
from zhiyin.collect import services as imports
from zhiyin.collect.connections import running
from zhiyin.collect.models import Connection, Event, Import, SavedMapping, Source
from zhiyin.customers.models import Order

ORDERS = HEADER + "\n1001,2026-03-01 10:00,TEA-1,正山小种,2,88.00,C1\n"
EVENTS = "事件,时间,客户编号,页面,诊断\n浏览,{at},C1,/cart,flu\n"


@pytest.fixture
def saved(source: Source, drop: Path, keeper: User) -> SavedMapping:
    """What a connection was mapped by."""
    put(drop, "orders.csv", ORDERS)
    where = {"folder": str(drop), "pattern": "*"}
    one = connected(source, Connection.Kind.FOLDER, where, keeper)
    waits = running.run(one)
    assert waits is not None
    mapped(waits, keeper)
    return SavedMapping.objects.get()


def yesterday() -> str:
    """Events older than the hot days are in the lake alone."""
    return f"{timezone.now() - timedelta(days=1):%Y-%m-%d %H:%M}"


def form_of(page: str, **changes: str) -> dict[str, str]:
    from tests.collect.desk import _form

    return {**_form(page), **changes}


def test_each_change_is_a_version_and_an_earlier_one_comes_back(
    saved: SavedMapping, keeper: User
) -> None:
    desk = Desk(keeper).client
    where = reverse("mapping", args=[saved.pk])
    page = desk.get(where).text
    assert desk.post(where, form_of(page)).status_code == 302
    saved.refresh_from_db()
    assert saved.version == 1  # saving what is so already is no change
    assert desk.post(where, form_of(page, c3="")).status_code == 302
    saved.refresh_from_db()
    assert saved.version == 2
    assert "商品名称" not in saved.mapping["columns"]
    assert "<del>商品名称" in desk.get(where).text
    desk.post(reverse("take_back_mapping", args=[saved.pk]), {"number": "1"})
    saved.refresh_from_db()
    assert saved.version == 3
    assert saved.mapping["columns"]["商品名称"] == "product_name"
    told = saved.versions.order_by("number").values_list("number", "by", "from_number")
    assert list(told) == [(1, keeper.pk, None), (2, keeper.pk, None), (3, keeper.pk, 1)]
    assert desk.post(
        reverse("take_back_mapping", args=[saved.pk]), {"number": "9"}
    ).status_code == 404  # fmt: skip


def test_a_test_on_the_first_rows_changes_nothing_and_says_what_would_become_of_them(
    saved: SavedMapping, keeper: User
) -> None:
    desk = Desk(keeper).client
    where = reverse("mapping", args=[saved.pk])
    page = desk.get(where).text
    good = desk.post(where, form_of(page, test="1"))
    assert good.status_code == 200
    assert 'id="trial"' in good.text
    wrong = desk.post(where, form_of(page, c1="", c3="ordered_at", test="1"))  # a name is no time
    assert "商品名称" in wrong.text.partition('id="trial"')[2].partition("</section>")[0]
    saved.refresh_from_db()
    assert saved.version == 1
    lacking = desk.post(where, form_of(page, c0="", test="1"))
    assert lacking.status_code == 422


def test_the_first_rows_are_tested_in_the_import_too(keeper: User) -> None:
    desk = Desk(keeper)
    one = desk.uploaded(ORDERS)
    page = desk.page("import_columns", one)
    told = desk.client.post(reverse("import_columns", args=[one.pk]), form_of(page, test="1"))
    assert told.status_code == 200
    assert 'id="trial"' in told.text
    one.refresh_from_db()
    assert one.state == Import.State.NEW
    assert not SavedMapping.objects.exists()


def test_a_trial_tells_reasons_by_field_with_the_rows_of_the_file(keeper: User) -> None:
    rows = "".join(f"{n},{'x' if n % 3 else '2026-03-01 10:00'},T,茶,1,8,C1\n" for n in range(9))
    one = Desk(keeper).uploaded(HEADER + "\n" + rows)
    look = imports.look_at(one)
    found = trial.trial(look, msgspec.convert(one.mapping, Mapping), by=keeper)
    assert (found.rows, found.kept, found.rejected) == (9, 3, 6)
    (problem,) = found.problems
    assert (problem.field, problem.times, problem.rows) == ("下单时间", 6, [3, 4, 6])


def test_what_is_marked_personal_never_reaches_the_lake_and_sensitive_is_kept_nowhere(
    keeper: User, source: Source
) -> None:
    one = Desk(keeper).uploaded(EVENTS.format(at=yesterday()))
    mapping = msgspec.structs.replace(
        msgspec.convert(one.mapping, Mapping), source="erp",
        marks={"页面": Mark.PERSONAL, "诊断": Mark.SENSITIVE},
    )  # fmt: skip
    imports.map_columns(one, mapping, by=keeper)
    imports.check(one, by=keeper)
    imports.load(one, by=keeper)
    assert Event.objects.get().properties == {"页面": "/cart"}
    rows = archive.lake().read("events", ["name", "properties", "batch"])
    mine = rows.filter(pc.equal(rows["batch"], str(one.pk)))
    assert mine["properties"].to_pylist() == ["{}"]


def test_cells_of_a_marked_column_are_not_shown(keeper: User) -> None:
    desk = Desk(keeper)
    one = desk.uploaded(EVENTS.format(at=yesterday()))
    page = desk.page("import_columns", one)
    assert "flu" in page
    told = desk.client.post(
        reverse("import_columns", args=[one.pk]), form_of(page, m4="sensitive", test="1")
    )
    assert "flu" not in told.text


def test_a_connection_goes_on_by_the_version_in_use(
    saved: SavedMapping, source: Source, drop: Path, keeper: User
) -> None:
    mapping = msgspec.convert(saved.mapping, Mapping)
    columns = {name: field for name, field in mapping.columns.items() if name != "商品名称"}
    mappings.remember(
        saved.header_digest, msgspec.structs.replace(mapping, columns=columns), [], by=keeper
    )
    put(drop, "more.csv", ORDERS.replace("1001", "1002"))
    one = Connection.objects.get()
    running.run(one)
    assert Order.objects.get(number="1002").orderline_set.get().product_name == ""
    assert SavedMapping.objects.get().version == 2  # reading makes no versions


def test_who_may_not_manage_sources_sees_no_mapping(saved: SavedMapping) -> None:
    other = Desk(factories.user(Role.MANAGER)).client
    assert other.get(reverse("mapping", args=[saved.pk])).status_code in (403, 404)
