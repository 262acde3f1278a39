"""From a file to customers on the screens of this room."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.collect.desk import Desk
from zhiyin.collect.models import Import, SavedMapping, Source
from zhiyin.customers.models import Customer

ORDERS = """订单号,下单时间,商品编码,商品名称,数量,单价,客户编号
1001,2026-03-01 10:00,TEA-1,正山小种,2,88.00,C1
1001,2026-03-01 10:00,CUP-1,盖碗,1,120.00,C1
1002,2026-03-02 11:30,TEA-1,正山小种,1,88.00,C2
1003,2026-03-03 09:15,TEA-2,凤凰单丛,3,-5.00,C3
"""


def test_a_file_goes_all_the_way(desk: Desk) -> None:
    one = desk.uploaded(ORDERS)
    page = desk.get("import_columns", one).content.decode()
    assert "正山小种" in page
    assert "Order number" in page
    running = desk.map(one).content.decode()
    assert 'hx-trigger="every 1s"' in running
    desk.wait()
    report = desk.get("import", one).content.decode()
    assert "Load 3 rows" in report
    assert "1 need mending" in report
    desk.post("load_import", one)
    desk.wait()
    result = desk.get("import", one).content.decode()
    one.refresh_from_db()
    assert (one.state, one.loaded, one.known, one.rejected) == ("loaded", 3, 0, 1)
    assert "3 rows are in." in result
    assert sorted(Customer.objects.values_list("number", flat=True)) == ["C1", "C2"]
