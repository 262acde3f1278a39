"""Lakes of any size for the benchmarks of engines: a month of visits and orders, made in SQL.

A day is one append, so its file is as large as compaction would leave it (100 MB a day at a hundred
million events), but its rows lie as they came. Few customers do much and most do little; some have
two identifiers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from zhiyin.instants import to_us
from zhiyin.lake import Lake

DAYS = 30
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS_A_LINE = 10
EVENTS_A_CUSTOMER = 50
LINKS_FILE = "links.parquet"
_CUSTOMERS_A_LINK = 0.8

_EVENTS = """
select uuid()::varchar as event_id, names[1 + floor(20 * random())::int] as name,
    'site' as source, 'generated' as batch,
    md5(floor(pow(random(), 2) * $identifiers)::bigint::varchar) as identifier_id,
    ts_us, ts_us + 5_000_000 as received_us,
    '{"path":"/p/' || floor(1000 * random())::int || '"}' as properties
from (select $start + floor(86_390 * random())::bigint * 1_000_000 as ts_us,
    ['Page Viewed', 'Page Viewed', 'Page Viewed', 'Page Viewed', 'Page Viewed', 'Page Viewed',
     'Product Viewed', 'Product Viewed', 'Product Viewed', 'Product Viewed', 'Product Viewed',
     'Product Viewed', 'Product Viewed', 'Product Added', 'Product Added', 'Product Added',
     'Checkout Started', 'Return Policy Viewed', 'Ticket Opened', 'Email Sent'] as names
    from range($rows))
"""
_LINES = """
select uuid()::varchar as event_id, md5('order' || number || $start) as order_id,
    'shop' as source, 'generated' as batch,
    md5(floor(pow((hash(number, $start) % 1_000_000) / 1e6, 2) * $identifiers)::bigint::varchar)
        as identifier_id,
    ts_us, ts_us + 5_000_000 as received_us,
    'SKU-' || floor(pow(random(), 2) * 20_000)::int as sku, quantity,
    price::decimal(18,4) as unit_price, (price * quantity)::decimal(18,4) as amount,
    'CNY' as currency
from (select number, $start + (hash(number) % 86_390)::bigint * 1_000_000 as ts_us,
    (1 + floor(5 * random()))::bigint * case when random() < 0.06 then -1 else 1 end as quantity,
    (1 + floor(50_000 * random()))::bigint::decimal(10,0) * 0.01 as price
    from (select floor(random() * $rows / 3)::bigint as number from range($rows)))
"""
_LINKS = """
select md5(n::varchar) as identifier_id, md5('customer' || n % $customers) as customer_id
from range($identifiers) as t(n)
"""


def fill(folder: Path, events: int) -> int:
    """How many rows the lake in `folder / "lake"` has: events, and a tenth as many order lines."""
    customers = events // EVENTS_A_CUSTOMER
    identifiers = round(customers / _CUSTOMERS_A_LINK)
    engine = duckdb.connect(config={"memory_limit": "2GB"})
    engine.execute("select setseed(0.5)")
    known = {"customers": customers, "identifiers": identifiers}
    pq.write_table(engine.execute(_LINKS, known).to_arrow_table(), folder / LINKS_FILE)
    lake = Lake(str(folder / "lake"))
    rows = 0
    for day in range(DAYS):
        start = to_us(AS_OF - timedelta(days=DAYS - day))
        for table, query, count in (
            ("events", _EVENTS, events // DAYS),
            ("order_lines", _LINES, events // DAYS // EVENTS_A_LINE),
        ):
            asked = {"start": start, "rows": count, "identifiers": identifiers}
            made: pa.Table = engine.execute(query, asked).to_arrow_table()
            lake.append(table, made, app_id="generated", sequence=day)
            rows += made.num_rows
    return rows
