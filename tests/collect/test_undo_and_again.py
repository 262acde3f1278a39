"""An import counts once however often it comes, goes as a whole, and survives a kill in between."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import factories
from tests.collect.desk import Desk
from tests.collect.state import counts, digest, lake_rows
from zhiyin.accounts import work as long_work
from zhiyin.accounts.roles import Role
from zhiyin.collect import archive, services
from zhiyin.collect.batch import Batch
from zhiyin.collect.models import Import
from zhiyin.customers.models import Customer
from zhiyin.lake import Lake

HEADER = "订单号,下单时间,商品编码,商品名称,数量,单价,客户编号,国家"
FIRST = f"""{HEADER}
1001,2026-03-01 10:00,TEA-1,正山小种,2,88.00,C1,China
1001,2026-03-01 10:00,CUP-1,盖碗,1,120.00,C1,China
1002,2026-03-02 11:30,TEA-1,正山小种,1,88.00,C2,China
C1002,2026-03-05 11:30,TEA-1,正山小种,-1,88.00,C2,China
1003,2026-03-06 11:30,TEA-1,正山小种,1,88.00,,China
"""
SECOND = f"""{HEADER}
2001,2026-04-01 10:00,TEA-2,凤凰单丛,1,138.50,C1,China
2002,2026-04-02 10:00,TEA-2,凤凰单丛,2,138.50,C3,Japan
"""
PEOPLE = """客户编号,姓名,手机,邮箱,城市,标签,邮件同意
C1,林静姝,13912345678,lin@example.com,深圳,茶友,是
C9,𠮷野家🍵,13912345670,yo@example.com,东京,,否
"""
VISITS = """event,time,customer_id,url
Page Viewed,2026-11-01 10:00,C1,/tea
Product Viewed,2026-11-01 10:01,C1,/tea/1
Page Viewed,2026-11-02 10:00,C8,/
"""


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [(SECOND, "orders.csv", "orders"), (PEOPLE, "people.csv", "customers"),
     (VISITS, "visits.csv", "events")],
)  # fmt: skip
def test_an_undone_import_leaves_no_trace(desk: Desk, content: str, name: str, kind: str) -> None:
    desk.loaded(FIRST)
    before = digest()
    one = desk.loaded(content, name)
    assert one.kind == kind
    assert digest() != before
    desk.post("undo_import", one)
    desk.wait()
    one.refresh_from_db()
    assert one.state == Import.State.UNDONE
    assert digest() == before
    assert archive.lake().read("events", where={"batch": str(one.pk)}).num_rows == 0
    assert "Undone as a whole" in desk.page("import", one)


def test_the_only_import_undone_leaves_an_empty_house(desk: Desk) -> None:
    before = digest()
    one = desk.loaded(FIRST)
    page = desk.page("undo_import", one)
    assert "5 rows go" in page
    assert "4 orders" in page
    desk.post("undo_import", one)
    desk.wait()
    assert digest() == before
    assert lake_rows() == []


def test_an_undone_file_can_be_loaded_again(desk: Desk) -> None:
    one = desk.loaded(FIRST)
    once = counts(), lake_rows()
    desk.post("undo_import", one)
    desk.wait()
    desk.loaded(FIRST)
    assert (counts(), lake_rows()) == once


@pytest.mark.parametrize(
    ("content", "name"), [(FIRST, "a.csv"), (PEOPLE, "b.csv"), (VISITS, "c.csv")]
)
def test_a_file_imported_twice_counts_once(desk: Desk, content: str, name: str) -> None:
    first = desk.loaded(content, name)
    once = counts(), lake_rows()
    again = desk.loaded(content, name)
    assert (again.loaded, again.known) == (0, first.loaded)
    assert (counts(), lake_rows()) == once
    other = Desk(factories.user(Role.ADMINISTRATOR)).loaded(content, f"copy of {name}")
    assert other.loaded == 0
    assert (counts(), lake_rows()) == once


def test_undoing_the_second_copy_takes_nothing_of_the_first(desk: Desk) -> None:
    desk.loaded(FIRST)
    before = digest()
    again = desk.loaded(FIRST)
    desk.post("undo_import", again)
    desk.wait()
    assert digest() == before


def test_mended_rows_join_their_order(desk: Desk) -> None:
    torn = FIRST.replace("CUP-1,盖碗,1,120.00", "CUP-1,盖碗,one,120.00")
    one = desk.loaded(torn)
    assert (one.loaded, one.rejected) == (4, 1)
    answer = desk.client.get(f"/data/imports/{one.pk}/rejects/")
    sent = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    mended = sent.decode("utf-8-sig").replace(",one,", ",1,")
    assert "join the orders of" in desk.page("new_import", mends=str(one.pk))
    rest = desk.uploaded("\ufeff" + mended, "mended.csv", mends=str(one.pk))
    assert rest.mends_id == one.pk
    desk.map(rest)
    desk.wait()
    desk.post("load_import", rest)
    desk.wait()
    rest.refresh_from_db()
    assert (rest.state, rest.loaded, rest.known, rest.rejected) == ("loaded", 1, 0, 0)
    mended_counts = counts()
    mended_lines = _lines()
    for done in (rest, one):
        desk.post("undo_import", done)
        desk.wait()
    assert counts()[:3] == (0, 0, 0)
    desk.loaded(FIRST)
    assert counts() == mended_counts
    assert _lines() == mended_lines


def _lines() -> list[tuple[object, ...]]:
    """Order, product, quantity and amount of every line in the lake."""
    return sorted((row[2:] for row in lake_rows() if row[0] == "order_lines"), key=repr)


class Killed(BaseException):
    """The process ends here: nothing of ours runs after it."""


@pytest.mark.parametrize("moment", ["before the lake", "between its tables", "after the lake"])
def test_a_killed_load_is_finished_by_running_it_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    reference = desk.loaded(FIRST)
    whole = counts(), lake_rows()
    desk.post("undo_import", reference)
    desk.wait()
    one = desk.checked(FIRST)
    real, append = archive.archive, Lake.append

    def kill(batch: Batch) -> None:
        if moment == "after the lake":
            real(batch)
        raise Killed

    def kill_at_lines(self: Lake, name: str, rows: pa.Table, **app: object) -> object:
        if name == "order_lines":
            raise Killed
        return append(self, name, rows, **app)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        if moment == "between its tables":
            patch.setattr(Lake, "append", kill_at_lines)
        else:
            patch.setattr(archive, "archive", kill)
        with pytest.raises(Killed):
            services.load(one, by=desk.user)
    one.refresh_from_db()
    assert one.state == Import.State.LOADING
    assert services.unfinished() == [one.pk]
    desk.post("load_import", one)  # “Continue the load”
    desk.wait()
    one.refresh_from_db()
    assert (one.state, one.loaded, one.known) == ("loaded", 5, 0)
    assert (counts(), lake_rows()) == whole


def test_a_load_cancelled_in_its_middle_is_taken_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.loaded(FIRST)
    before = digest()
    monkeypatch.setattr("zhiyin.collect.conversion.ROWS_A_CHUNK", 1)
    one = desk.checked(SECOND)
    real = archive.archive

    def cancel_after(batch: Batch) -> None:
        real(batch)
        one.refresh_from_db()
        assert one.work is not None
        long_work.ask_to_cancel(one.work, by=desk.user)

    monkeypatch.setattr(archive, "archive", cancel_after)
    monkeypatch.setattr(long_work, "_SECONDS_BETWEEN_WRITES", 0)
    desk.post("load_import", one)
    desk.wait()
    one.refresh_from_db()
    assert one.state == Import.State.CANCELLED
    assert digest() == before
    assert "nothing of this file is here" in desk.page("import", one)


def test_a_load_that_fails_is_taken_back_and_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest()
    one = desk.checked(FIRST)

    def fail(batch: Batch) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(archive, "archive", fail)
    desk.post("load_import", one)
    with pytest.raises(OSError, match="no space"):
        desk.wait()
    one.refresh_from_db()
    assert one.state == Import.State.FAILED
    assert digest() == before
    page = desk.page("import", one)
    assert "The load failed" in page
    assert "no space left on device" in page


def test_an_undo_that_failed_can_be_run_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest()
    one = desk.loaded(FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(archive, "forget", _refuse)
        desk.post("undo_import", one)
        with pytest.raises(OSError, match="disk"):
            desk.wait()
    one.refresh_from_db()
    assert one.state == Import.State.LOADED
    desk.post("undo_import", one)
    desk.wait()
    assert digest() == before


def _refuse(batch: object) -> int:
    raise OSError("the disk is gone")


def test_people_go_into_the_department_that_their_file_names(desk: Desk) -> None:
    south = factories.department("South", name_zh="华南")
    desk.loaded("客户编号,姓名,部门\nC1,林静姝,华南\nC2,陈思远,South\nC3,周牧,West\n", "people.csv")
    found = dict(Customer.objects.values_list("number", "department"))
    assert found == {"C1": south.pk, "C2": south.pk, "C3": None}


def test_figures_are_what_the_file_says(desk: Desk) -> None:
    desk.loaded(FIRST)
    first = Customer.objects.get(number="C1")
    assert (first.orders, first.revenue, first.country) == (1, Decimal("296.00"), "China")
    assert Customer.objects.get(number="C2").revenue == 0


REAL = Path(__file__).parents[2] / "examples" / "online_retail"


@pytest.mark.slow
@pytest.mark.skipif(not list(REAL.glob("*.parquet")), reason="the example data are not here")
def test_real_orders_go_in_and_out_again(desk: Desk, tmp_path: Path) -> None:
    before = digest()
    real = pq.read_table(next(REAL.glob("*.parquet"))).slice(0, 60_000)
    pq.write_table(real, tmp_path / "orders.parquet")
    one = desk.loaded(
        (tmp_path / "orders.parquet").read_bytes(), "orders.parquet", source="shop", currency="GBP"
    )
    assert one.rows == 60_000
    assert one.loaded + one.rejected + one.report["set_aside"] == 60_000
    customers, orders, _, revenue = counts()
    assert (customers > 1_000, orders > 2_500, revenue > 0) == (True, True, True)
    desk.post("undo_import", one)
    desk.wait()
    assert digest() == before
