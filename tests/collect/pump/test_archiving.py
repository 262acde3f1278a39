"""Every event that the pump took reaches the lake, once, however the archiver ends."""

from __future__ import annotations

import pytest

from tests.collect.pump.conftest import Put
from tests.collect.pump.test_turning import ALL, message
from zhiyin.collect import archive
from zhiyin.collect.models import ToArchive
from zhiyin.collect.pump import archiving
from zhiyin.collect.pump.turning import turn

pytestmark = pytest.mark.django_db


def names() -> list[str]:
    return sorted(archive.lake().read("events", ["name"])["name"].to_pylist())


def _order(number: int) -> dict[str, object]:
    said = {"order_id": str(number), "products": [{"sku": "A", "price": 2, "quantity": 3}]}
    return message(number, userId="u1", event="Order Completed", properties=said)


def test_events_and_order_lines_reach_the_lake_without_personal_text(put: Put) -> None:
    put(message(1, properties={"sku": "A1", "note": "call Mr Wang 13800138000"}), _order(2))
    turn(ALL)
    assert archiving.waiting().events == 2
    assert archiving.archive_some() == 2
    assert archiving.archive_some() == 0
    assert names() == ["Order Completed", "Product Viewed"]
    rows = archive.lake().read("events", ["name", "properties"]).to_pylist()
    assert {"name": "Product Viewed", "properties": '{"sku":"A1"}'} in rows
    lines = archive.lake().read("order_lines", ["sku", "quantity"]).to_pylist()
    assert lines == [{"sku": "A", "quantity": 3}]


@pytest.mark.parametrize("table", ["events", "order_lines"])
@pytest.mark.parametrize("after", [False, True])
def test_an_archiver_that_died_anywhere_brings_nothing_twice(
    put: Put, monkeypatch: pytest.MonkeyPatch, table: str, *, after: bool
) -> None:
    for number in range(3):
        put(message(number), _order(100 + number))
        turn(ALL)
    whole = archive.lake().append

    def dies(name: str, *given: object, **named: object) -> bool:
        if after:
            whole(name, *given, **named)  # type: ignore[arg-type]
        if name == table:
            raise MemoryError
        return after or whole(name, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(archive.lake(), "append", dies)
    with pytest.raises(MemoryError):
        archiving.archive_some()
    monkeypatch.undo()
    put(message(50))
    turn(ALL)
    while archiving.archive_some():
        pass
    assert names() == ["Order Completed"] * 3 + ["Product Viewed"] * 4
    assert archive.lake().read("order_lines", ["sku"]).num_rows == 3
    assert not ToArchive.objects.exists()


def test_a_run_is_no_larger_than_asked(put: Put) -> None:
    for number in range(5):
        put(message(2 * number), message(2 * number + 1))
        turn(ALL)
    assert archiving.archive_some(most=4) == 4
    assert archiving.archive_some(most=1) == 2
    assert archiving.waiting() == archiving.Waiting(batches=2, events=4)
