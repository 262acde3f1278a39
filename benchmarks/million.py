"""A company with a million customers in a workspace: PostgreSQL by COPY, the lake by appends.

Beside them stand 200,000 companies and 5 million activities: see `benchmarks.around` for how they
are spread and what counts.

What the product would compute over weeks (scores, tiers, segments) is filled in by SQL with
plausible distributions; everything else is what `zhiyin.demo.scale` generates. The rows, columns
and indexes are the product's own: indexes are dropped for the load and made again as the
migrations say. Policies of row-level security do not hold for the loader, who is the
superuser, and are in force for everybody who reads afterwards.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from benchmarks import around
from benchmarks.around import Surroundings
from zhiyin.customers import search
from zhiyin.demo.scale import Generated, generate
from zhiyin.lake import Lake

HOT_DAYS = 90
TABLES = (
    "customers_customer", "customers_identifier", "customers_link", "customers_statement",
    "customers_order",
    "customers_orderline", "customers_score", "govern_consent", "collect_event",
    "customers_customersearch", *around.TABLES,
)  # fmt: skip

# 0190… are customers, 0191… to 0194… their identifiers: uuid7-like, in the order they were made.
_MACROS = """
create macro owner_id(n) as '01900000-0000-7000-8000-' || lpad(format('{:x}', n::bigint), 12, '0');
create macro known_id(k, n) as '0190000' || k || '-0000-7000-8000-'
    || lpad(format('{:x}', n::bigint), 12, '0');
create macro luck(n, salt) as (hash(n * 31 + salt) % 1000000) / 1e6;
create macro phone_of(written) as case
    when regexp_matches(written, '^[0+]') then '+' || ltrim(regexp_replace(
        regexp_replace(written, '^07', '+447'), '[^0-9]', '', 'g'), '0')
    else '+86' || right(regexp_replace(written, '[^0-9]', '', 'g'), 11) end;
"""

_BOUGHT = """
create table bought as
select "CustomerID" as ref, count(distinct "InvoiceNo") as orders,
    sum("Quantity" * "UnitPrice") as revenue, min("InvoiceDate") as first,
    max("InvoiceDate") as last
from order_lines group by 1
"""

_CUSTOMERS = """
select owner_id(p."Customer") as id, p."Customer" as number, coalesce(p."Name", '') as name,
    coalesce(p."E-mail", '') as email, coalesce(phone_of(p."Mobile"), '') as phone,
    coalesce(p."Gender", '') as gender, p."Birthday" as birth_date,
    left(coalesce(p."Language", ''), 2) as language, coalesce(p."Country", '') as country,
    coalesce(p."Province", '') as province, coalesce(p."City", '') as city,
    '{{' || concat_ws(',', case when luck(p."Customer"::bigint, 1) < 0.1 then 'vip' end,
        case when tagged(p.n) then 'mailing' end) || '}}' as tags,
    getvariable('users')[1 + salesperson(p.n)::int] as owner_id, team(p.n) as department_id,
    company_id(employer(p.n)) as company_id,
    case when employer(p.n) is not null then ['采购', '店长', '行政', 'Buyer', '财务', '总经理']
        [1 + (hash(p.n) % 6)::int] else '' end as job_title,
    true as simulated_profile, p."Customer since" as created_at, 1 as version,
    coalesce(b.orders, 0) as orders, round(coalesce(b.revenue, 0), 2) as revenue,
    b.first as first_order_at, b.last as last_order_at, b.last as last_seen_at,
    '{now}'::timestamptz as figures_at,
    case when luck(p."Customer"::bigint, 2) < 0.05 then 'platinum'
        when luck(p."Customer"::bigint, 2) < 0.2 then 'gold' else 'regular' end as tier,
    '333' as rfm,
    ['champions', 'loyal', 'at_risk', 'at_risk_high_value', 'hibernating', 'new']
        [1 + (hash(p."Customer") % 6)::int] as rfm_segment,
    'p' || (hash(p."Customer" || 'p') % 6) as persona,
    round(coalesce(b.revenue, 0) * luck(p."Customer"::bigint, 3), 2) as value_12m,
    0 as value_12m_low, round(coalesce(b.revenue, 0), 2) as value_12m_high,
    luck(p."Customer"::bigint, 4) as churn_risk, luck(p."Customer"::bigint, 4) * 0.8 as
    churn_risk_low, least(1, luck(p."Customer"::bigint, 4) * 1.2) as churn_risk_high,
    '{now}'::date + 7 as next_purchase_from, '{now}'::date + 21 as next_purchase_to,
    0.4 as next_purchase_probability, '{now}'::timestamptz as scored_at
from (select *, "Customer"::bigint - 10000000 as n from profiles) p
left join bought b on b.ref = p."Customer"
"""

_KNOWN = """
select known_id(k, ref) as id, kind, '' as namespace, value, owner_id(ref) as customer_id,
    case when k = 1 then owner_id(ref) else known_id(k, ref) end as own_customer,
    case when k < 4 then known_id(1, ref) end as cell, known_id(1, ref) as first_of_them,
    '{source}' as source_id, since as first_seen_at, since as last_seen_at
from (
    select 1 as k, 'number' as kind, "Customer" as value, "Customer" as ref,
        "Customer since" as since from profiles
    union all select 2, 'email', "E-mail", "Customer", "Customer since" from profiles
        where "E-mail" is not null
    union all select 3, 'phone', max(phone_of("Mobile")), min("Customer"), min("Customer since")
        from profiles where "Mobile" is not null group by phone_of("Mobile")
    union all select 4, 'device', "App device", "Customer", "Customer since" from profiles
)
"""

_QUERIES = {
    "customers_customer": _CUSTOMERS,
    "customers_identifier": f"select * exclude (first_of_them) from ({_KNOWN})",
    "customers_link": f"""
        select md5(id) as id, id as identifier_id, customer_id, first_seen_at as since
        from ({_KNOWN})""",
    "customers_statement": f"""
        select least(first_of_them, id) as a_id, greatest(first_of_them, id) as b_id,
            'seen together' as rule, 1.0 as probability, '{{source}}' as source_id,
            first_seen_at as seen_at, first_seen_at as at
        from ({_KNOWN}) where id <> first_of_them""",
    "customers_order": """
        select md5("InvoiceNo")::uuid as id, '{source}' as source_id, "InvoiceNo" as number,
            'sale' as kind, known_id(1, any_value("CustomerID")) as identifier_id,
            owner_id(any_value("CustomerID")) as customer_id, min("InvoiceDate") as ordered_at,
            round(sum("Quantity" * "UnitPrice"), 2) as total, 'GBP' as currency,
            count(*) as lines, true as simulated
        from order_lines group by "InvoiceNo" """,
    "customers_orderline": """
        select md5("InvoiceNo")::uuid as order_id, owner_id("CustomerID") as customer_id,
            "InvoiceDate" as ordered_at, 'sale' as kind, "StockCode" as sku,
            "Description" as product_name, "Quantity" as quantity, "UnitPrice" as unit_price,
            "Quantity" * "UnitPrice" as amount
        from order_lines""",
    "customers_score": """
        select owner_id("Customer") as customer_id, model, 1 as version,
            '{now}'::timestamptz as as_of, luck("Customer"::bigint, 4) as value,
            luck("Customer"::bigint, 4) * 0.8 as low,
            least(1, luck("Customer"::bigint, 4) * 1.2) as high,
            '[{{"feature":"recency_days","zh":"很久没买","en":"long ago","points":3.1}}]' as reasons
        from profiles, unnest(['value', 'churn']) as t(model)""",
    "govern_consent": """
        select owner_id("Customer") as customer_id, 'email' as channel, 'marketing' as purpose,
            "E-mail consent" = 'yes' as granted, "E-mail consent date" as at,
            "E-mail consent evidence" as evidence
        from profiles where "E-mail consent" is not null""",
    "collect_event": """
        select md5("Message")::uuid as event_id, "Event" as name, "Time" as at,
            "Time" as received_at, '{source}' as source_id, known_id(4, p."Customer") as
            identifier_id, owner_id(p."Customer") as customer_id,
            json_object('channel', "Channel", 'SKU', "SKU", 'Product', "Product") as properties,
            true as simulated
        from events e join profiles p on p."App device" = e."Device"
        where "Time" >= '{now}'::timestamptz - interval {hot} day""",
}

_LAKE_EVENTS = """
select md5("Message") as event_id, "Event" as name, 'scale' as source, 'scale' as batch,
    known_id(4, p."Customer") as identifier_id, epoch_us("Time") as ts_us,
    epoch_us('{now}'::timestamptz) as received_us,
    json_object('channel', "Channel", 'SKU', "SKU")::varchar as properties
from read_parquet('{part}') e join profiles p on p."App device" = e."Device"
"""


class Load:
    """One load: generated files in, full tables out."""

    def __init__(
        self, folder: Path, lake: Lake, dsn: str, source_id: str, surroundings: Surroundings
    ) -> None:
        self.folder, self.lake, self.dsn = folder, lake, dsn
        self.around = surroundings
        self.now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._words = {"now": self.now.isoformat(), "source": source_id, "hot": HOT_DAYS}

    def run(self) -> dict[str, int]:
        """Everything, told step by step on standard error; the number of rows of each table."""
        with _told("generate"):
            made = self._generated(self.around.customers)
        counts = {"lake_events": made.events}
        engine = self._engine()
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            # A load into empty tables: keys hold by construction, constraints stay in force.
            connection.execute("set session_replication_role = replica")
            connection.execute("set synchronous_commit = off")
            connection.execute("set maintenance_work_mem = '512MB'")
            indexes = _drop_indexes(connection)
            for name, query in _QUERIES.items():
                with _told(name):
                    counts[name] = self._copy(engine, connection, name, query)
            with _told("customers_company"):
                counts["customers_company"] = self._copy_companies(engine, connection)
            for name, parts in self.around.activities().items():
                with _told(name):
                    counts[name] = sum(self._copy(engine, connection, name, part) for part in parts)
            with _told("customers_customersearch"):
                counts["customers_customersearch"] = self._copy_search(connection)
            with _told("indexes"):
                for definition in indexes:
                    connection.execute(definition.encode())
            with _told("vacuum analyze"):
                connection.execute("vacuum analyze")
        with _told("lake"):
            self._fill_lake(engine)
        return counts

    def _generated(self, customers: int) -> Generated:
        out = self.folder / "generated"
        return generate(customers, seed=11, out=out, lines_per_customer=6, end=self.now)

    def _engine(self) -> duckdb.DuckDBPyConnection:
        engine = duckdb.connect(config={"memory_limit": "3GB", "preserve_insertion_order": False})
        engine.execute(f"set temp_directory = '{self.folder}'")
        engine.execute("set timezone = 'UTC'")
        engine.execute(_MACROS)
        for name in ("profiles", "order_lines", "events"):
            files = self.folder / "generated" / name / "*.parquet"
            engine.execute(f"create view {name} as from read_parquet('{files}')")
        self.around.prepare(engine, self.now.isoformat())
        engine.execute(_BOUGHT)
        return engine

    def _copy(
        self, engine: duckdb.DuckDBPyConnection, connection: psycopg.Connection, name: str,
        query: str,
    ) -> int:  # fmt: skip
        asked = query.format(**self._words)
        columns = [row[0] for row in engine.execute(f"describe {asked}").fetchall()]
        statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        path = self.folder / f"{name}.csv"
        engine.execute(f"copy ({asked}) to '{path}' (header false)")
        with path.open("rb") as file, connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                while block := file.read(1 << 20):
                    copy.write(block)
            rows = cursor.rowcount
        path.unlink()
        return rows

    def _copy_companies(
        self, engine: duckdb.DuckDBPyConnection, connection: psycopg.Connection
    ) -> int:
        found = engine.execute(around.COMPANIES.format(**self._words)).to_arrow_table()
        rows = 0
        columns = [*found.column_names, "text", "grams"]
        statement = sql.SQL("copy customers_company ({}) from stdin").format(
            sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for batch in found.to_batches(max_chunksize=5000):
                for one in batch.to_pylist():
                    copy.write_row(list(_company_row(one).values()))
                    rows += 1
        return rows

    def _copy_search(self, connection: psycopg.Connection) -> int:
        """The search rows, made by the product's own functions."""
        rows = 0
        columns = "customer_id, text, names, grams"
        statement = f"copy customers_customersearch ({columns}) from stdin".encode()
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for name in sorted((self.folder / "generated" / "profiles").glob("*.parquet")):
                wanted = ["Customer", "Name", "E-mail", "Mobile"]
                for person in pq.read_table(name, columns=wanted).to_pylist():
                    copy.write_row(_search_row(person))
                    rows += 1
        return rows

    def _fill_lake(self, engine: duckdb.DuckDBPyConnection) -> None:
        parts = sorted((self.folder / "generated" / "events").glob("*.parquet"))
        for sequence, part in enumerate(parts):
            query = _LAKE_EVENTS.format(part=part, **self._words)
            rows: pa.Table = engine.execute(query).to_arrow_table()
            self.lake.append("events", rows, app_id="scale", sequence=sequence)


def _company_row(found: dict[str, object]) -> dict[str, object]:
    """A company with what it is found by, made by the product's own functions."""
    text = search.text_of(str(found["name"]), [str(found["number"]), str(found["website"])])
    return {**found, "text": text, "grams": search.entries(text)}


def _search_row(person: dict[str, str | None]) -> tuple[str, str, str, list[int]]:
    number, name = str(person["Customer"]), person["Name"] or ""
    digits = "".join(c for c in person["Mobile"] or "" if c.isdigit())[-11:]
    names = _folded_names(name)
    parts = [search.fold(part) for part in (person["E-mail"] or "", digits, number) if part]
    text = "\n".join([names, *parts])
    id_ = f"01900000-0000-7000-8000-{int(number):012x}"
    return id_, text, f"{names}\n{number}", search.entries(text)


@cache
def _folded_names(name: str) -> str:
    return search.text_of(name, [])


def _drop_indexes(connection: psycopg.Connection) -> list[str]:
    """Take away the plain indexes of the tables; returns the statements that make them again."""
    found = connection.execute(
        "select indexname, indexdef from pg_indexes where tablename = any(%s)"
        " and not exists (select from pg_constraint where conname = indexname)",
        [list(TABLES)],
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
    return [definition for _, definition in found]


@contextmanager
def _told(step: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"    {step}: {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
