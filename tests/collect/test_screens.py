"""From a file to customers on the screens of this room."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests import factories
from tests.collect.desk import Desk
from zhiyin.accounts.models import AuditPending, Work
from zhiyin.accounts.roles import Role
from zhiyin.collect import services
from zhiyin.collect.models import Import, Source
from zhiyin.customers.models import Customer

ORDERS = """订单号,下单时间,商品编码,商品名称,数量,单价,客户编号
1001,2026-03-01 10:00,TEA-1,正山小种,2,88.00,C1
1001,2026-03-01 10:00,CUP-1,盖碗,1,120.00,C1
1002,2026-03-02 11:30,TEA-1,正山小种,1,88.00,C2
1003,2026-03-03 09:15,TEA-2,凤凰单丛,3,-5.00,C3
"""
GOOD = "\n".join(ORDERS.splitlines()[:4])


def test_a_file_goes_all_the_way(desk: Desk) -> None:
    one = desk.uploaded(ORDERS)
    page = desk.page("import_columns", one)
    assert "正山小种" in page
    assert "Order number" in page
    running = desk.map(one).content.decode()
    assert 'hx-trigger="every 1s"' in running
    desk.wait()
    report = desk.page("import", one)
    assert "Load 3 rows" in report
    assert "1 need mending" in report
    desk.post("load_import", one)
    desk.wait()
    result = desk.page("import", one)
    one.refresh_from_db()
    assert (one.state, one.loaded, one.known, one.rejected) == ("loaded", 3, 0, 1)
    assert "3 rows are in." in result
    assert sorted(Customer.objects.values_list("number", flat=True)) == ["C1", "C2"]


def test_a_shops_own_export_is_recognised_and_needs_no_mapping(desk: Desk) -> None:
    export = Path(__file__).parents[1] / "cleaning" / "exports" / "taobao.csv"
    one = desk.uploaded(export.read_text("utf-8"))
    assert "This looks like an export of “Taobao/Tmall orders”." in desk.page("import_columns", one)
    desk.map(one)
    desk.wait()
    assert "The order was not paid, cancelled or closed" in desk.page("import", one)
    desk.post("load_import", one)
    desk.wait()
    one.refresh_from_db()
    assert (one.state, one.loaded, one.rejected, str(one.source)) == ("loaded", 2, 0, "taobao")


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
def test_every_screen_opens_in_both_languages_and_every_state(locale: str, db: None) -> None:
    desk = Desk(factories.user(Role.ADMINISTRATOR, locale=locale))
    for page in ("imports", "sources", "new_import"):
        assert desk.get(page).status_code == 200
    one = desk.checked(ORDERS)
    for state in Import.State.values:
        Import.objects.filter(pk=one.pk).update(state=state)
        assert desk.get("import", one).status_code == 200
        assert desk.get("imports", state=state).status_code == 200
    assert desk.get("undo_import", one).status_code == 200
    assert desk.get("imports", state="nonsense", page="x", source="none").status_code == 200


def test_a_mapping_is_remembered_for_the_next_file_with_this_header(desk: Desk) -> None:
    odd = GOOD.replace("订单号", "凭证").replace("单价", "元")
    first = desk.uploaded(odd)
    refused = desk.map(first, switch_to="orders")
    assert refused.status_code == 422
    assert "Required columns are missing: Order number, Unit price." in refused.content.decode()
    desk.map(
        first,
        switch_to="orders",
        c0="order_number",
        c5="unit_price",
        source="tea-house",
        source_name="茶馆",
    )
    second = desk.uploaded(odd.replace("1001", "2001"))
    page = desk.page("import_columns", second)
    assert f"Filled in as {desk.user.name} did" in page
    desk.map(second)
    second.refresh_from_db()
    assert second.mapping["columns"]["凭证"] == "order_number"
    assert second.mapping["source"] == "tea-house"
    assert Source.objects.get(key="tea-house").name_en == "茶馆"


def test_one_field_is_filled_by_one_column(desk: Desk) -> None:
    one = desk.uploaded(GOOD)
    answer = desk.map(one, c3="order_number")
    assert answer.status_code == 422
    assert "More than one column fills “Order number”" in answer.content.decode()
    assert not Work.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timezone": "Mars/Olympus"}, "Use a name such as Asia/Shanghai"),
        ({"currency": "¥¥¥"}, "Use three letters such as CNY"),
        ({"source": "茶馆"}, "Use Latin letters, digits and hyphens"),
    ],
)
def test_an_option_that_cannot_be_says_how_to_put_it_right(
    desk: Desk, change: dict[str, str], words: str
) -> None:
    answer = desk.map(desk.uploaded(GOOD), **change)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_kind_can_be_switched(desk: Desk) -> None:
    one = desk.uploaded("name,phone\n林静姝,13912345678\n陈思远,13912345679\n", "people.csv")
    as_events = desk.page("import_columns", one, kind="events")
    assert 'name="kind" value="events"' in as_events
    desk.map(one)
    desk.wait()
    one.refresh_from_db()
    assert (one.kind, one.state) == ("customers", "checked")


def test_the_page_says_that_the_very_file_is_loaded_already(desk: Desk) -> None:
    first = desk.loaded(GOOD)
    second = desk.uploaded(GOOD)
    page = desk.page("import_columns", second)
    assert "This very file is loaded already" in page
    assert f"/data/imports/{first.pk}/" in page


def test_rejected_rows_are_shown_with_row_field_and_reason(desk: Desk) -> None:
    one = desk.checked(ORDERS)
    page = desk.page("import", one)
    rows = services.rejected_rows(one).to_pylist()
    assert [(row["row_number"], row["field"]) for row in rows] == [(5, "单价")]
    assert rows[0]["reason_en"].split()[0] in page
    assert 'class="zy-bad"><span class="zy-cell">-5.00' in page


def test_rejected_rows_are_downloaded_without_live_formulas_and_noted(desk: Desk) -> None:
    one = desk.checked(ORDERS.replace("凤凰单丛", '"=HYPERLINK(""http://evil"")"'))
    answer = desk.client.get(f"/data/imports/{one.pk}/rejects/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    header, row = list(csv.reader(io.StringIO(text)))
    assert header[:3] == ["zhiyin·row", "zhiyin·field", "zhiyin·reason"]
    assert row[0] == "5"
    assert row[3 + 3] == '\'=HYPERLINK("http://evil")'
    assert row[3 + 5] == "-5.00"
    noted = AuditPending.objects.get(verb="import.rejects_exported")
    assert (noted.object_id, noted.detail) == (str(one.pk), {"rows": 1})


def test_many_rejected_rows_come_in_pages(desk: Desk) -> None:
    bad = "\n".join(f"{n},2026-02-30 10:00,T,Tea,1,1.00,C1" for n in range(120))
    one = desk.checked(f"{GOOD}\n{bad}\n")
    last = desk.page("import", one, page="3")
    assert "101–120 of 120" in last
    assert "101–120 of 120" in desk.page("import", one, page="99")


def test_a_button_pressed_twice_starts_one_step(desk: Desk) -> None:
    one = desk.checked(GOOD)
    desk.post("load_import", one)
    again = desk.post("load_import", one).content.decode()
    assert "running already" in again
    desk.wait()
    assert Work.objects.filter(kind="import.load").count() == 1
    late = desk.post("load_import", one).content.decode()
    assert "so this cannot be done" in late


def test_what_waits_is_cancelled_and_nothing_was_loaded(desk: Desk) -> None:
    one = desk.checked(GOOD)
    desk.post("load_import", one)
    page = desk.post("cancel_import", one).content.decode()
    desk.wait()
    assert "The last step was cancelled" in page
    assert not Customer.objects.exists()
    desk.post("load_import", one)
    desk.wait()
    assert Customer.objects.count() == 2


def test_the_progress_ends_by_showing_the_page_anew(desk: Desk) -> None:
    one = desk.uploaded(GOOD)
    desk.map(one)
    assert 'id="progress"' in desk.page("import_progress", one)
    desk.wait()
    assert desk.get("import_progress", one).headers["HX-Refresh"] == "true"


def test_a_file_that_breaks_only_later_says_why_on_its_page(desk: Desk) -> None:
    packed = gzip.compress((GOOD + "\n" + "\n".join(GOOD.splitlines()[1:] * 60_000)).encode())
    one = desk.uploaded(packed[: len(packed) - 20], "orders.csv.gz")
    desk.map(one)
    with pytest.raises(Exception, match=r"damaged|broken|unpack|end"):
        desk.wait()
    one.refresh_from_db()
    assert one.state == Import.State.NEW
    assert "The last step did not end well" in desk.page("import", one)


def test_lists_ask_few_queries_however_long_they_are(
    desk: Desk, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    one = desk.uploaded(GOOD)
    for number in range(60):
        source = Source.objects.create(key=f"s{number}", name_zh="源", name_en="S")
        Import.objects.create(
            owner=desk.user, file_name=f"{number}.csv", file_digest="x", source=source, path="x"
        )
    for page in ("imports", "sources"):
        with django_assert_max_num_queries(15):
            desk.get(page)
    assert one.file_name not in desk.page("imports")
    assert one.file_name in desk.page("imports", page="2")


def test_a_source_is_held_to_its_promise(desk: Desk) -> None:
    now = timezone.now()
    for key, minutes in (("web", 5), ("till", 20), ("desk", 500), ("never", None)):
        Source.objects.create(
            key=key, name_zh=key, name_en=key, promise_minutes=10, simulated=key == "web",
            last_received_at=now - timedelta(minutes=minutes) if minutes else None,
        )  # fmt: skip
    Source.objects.create(key="file", name_zh="file", name_en="file", last_received_at=now)
    page = desk.page("sources")
    rows = {key: page[page.index(f">{key}</a>") :][:900] for key in ("web", "till", "desk")}
    assert 'dotx good"' in rows["web"]
    assert "Simulated" in rows["web"]
    assert 'dotx warn"' in rows["till"]
    assert 'dotx bad"' in rows["desk"]
    assert page.count('dotx bad"') == 2
    assert "No promise" in page
