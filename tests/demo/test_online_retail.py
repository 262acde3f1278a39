from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.demo.conftest import EXAMPLES, NOW
from zhiyin.demo import shift_orders, shift_weeks
from zhiyin.demo.convert import ORDER_LINES, main, read_source

SOURCE = EXAMPLES.parents[1] / "shared/data/online_retail/online_retail.csv.gz"


def test_the_shipped_orders_have_the_published_counts(original: pa.Table) -> None:
    assert original.schema.equals(ORDER_LINES)
    assert original.num_rows == 541_909
    assert pc.count_distinct(original["InvoiceNo"]).as_py() == 25_900
    assert pc.count_distinct(original["CustomerID"], mode="only_valid").as_py() == 4_372
    assert pc.count_distinct(original["StockCode"]).as_py() == 4_070


def test_dirt_stays_in_for_the_cleaning_report_to_find(original: pa.Table) -> None:
    assert pc.sum(pc.starts_with(original["InvoiceNo"], "C")).as_py() == 9_288
    assert original["CustomerID"].null_count == 135_080
    assert "C536379" in pc.unique(original["InvoiceNo"]).to_pylist()
    distinct = original.group_by(original.column_names).aggregate([]).num_rows
    assert original.num_rows - distinct == 5_268


@pytest.mark.skipif(not SOURCE.exists(), reason="the published text is not on this machine")
def test_the_shipped_file_is_the_converted_source(original: pa.Table) -> None:
    assert read_source(SOURCE).equals(original)


def test_a_small_source_is_converted_with_its_types(tmp_path: Path) -> None:
    source = tmp_path / "few.csv"
    source.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        'C536379,D,"Discount, once",-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom\n'
        "536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom\n",
        encoding="utf-8",
    )
    assert main([str(source), str(tmp_path / "few.parquet")]) == 0
    first, second = read_source(source).to_pylist()
    assert (first["InvoiceNo"], first["CustomerID"]) == ("C536379", "14527")
    assert first["InvoiceDate"] == datetime(2010, 12, 1, 9, 41)
    assert str(first["UnitPrice"]) == "27.500"
    assert (second["Description"], second["CustomerID"]) == (None, None)


def test_the_examples_stay_small_enough_to_ship() -> None:
    size = sum(f.stat().st_size for f in EXAMPLES.rglob("*") if f.is_file())
    assert size < 10_000_000


def test_moving_orders_keeps_weekdays_and_ends_in_the_last_week(
    original: pa.Table, orders: pa.Table
) -> None:
    before, after = original["InvoiceDate"], orders["InvoiceDate"]
    assert pc.day_of_week(before).equals(pc.day_of_week(after))
    last = pc.max(after).as_py().replace(tzinfo=UTC)
    assert timedelta(0) <= NOW - last < timedelta(weeks=1)


def test_orders_are_moved_back_when_now_lies_before_them() -> None:
    last = datetime(2011, 12, 9, 12, 50)
    by = shift_weeks(last, datetime(2011, 12, 9, 12, tzinfo=UTC))
    assert by == timedelta(weeks=-1)
    few = pa.table({"InvoiceDate": pa.array([last], pa.timestamp("ms"))})
    assert shift_orders(few, by)["InvoiceDate"].to_pylist() == [datetime(2011, 12, 2, 12, 50)]
