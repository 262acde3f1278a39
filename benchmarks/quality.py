"""The figures of data quality: all standing rules over a million customers, and the rows behind.

    python -m benchmarks.quality --customers 1000000

Customers, one record of a source for each and an order for every second are generated with known
faults by PostgreSQL itself. The peer is the naive way in the same run: each rule asked by itself,
a pass over the table for each.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.serving import on_workspace

_CUSTOMERS = """
insert into customers_customer (id, number, name, email, phone, gender, language, country, province,
    city, tags, job_title, simulated_profile, version, orders, revenue, tier, rfm, rfm_segment,
    persona, birth_date, first_order_at, last_seen_at, custom)
select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'C' || n,
    case when n %% 200 = 0 then '' else '客户' || chr(20000 + n %% 5000) end,
    case when n %% 3 = 0 then '' when n %% 500 = 1 then 'bad' else 'c' || n || '@example.com' end,
    case when n %% 10 = 0 then '' when n %% 997 = 1 then '12'
         else '+8613' || lpad((n %% 900000000)::text, 9, '0') end,
    'female', 'zh', '中国', case when n %% 50 = 0 then '广东省' else '浙江省' end, '杭州',
    '{}', '', true, 1, n %% 5, n %% 900, '', '', '', '',
    date '1960-01-01' + (n %% 20000), case when n %% 2 = 0 then now() - interval '400 days' end,
    now() - make_interval(days => n %% 700), '{}'
from generate_series(1, %s) n
"""
_RECORDS = """
insert into customers_sourcerecord (source_id, home, customer_id, identifier_id, said, mended,
    first_at, last_at)
select %s, id, id, id, jsonb_build_object('name', jsonb_build_object('v', name, 'at', 1),
    'phone', jsonb_build_object('v', phone, 'at', 1),
    'email', jsonb_build_object('v', email, 'at', 1),
    'city', jsonb_build_object('v', city, 'at', 1)), '{}', now(), now() from customers_customer
"""
_ORDERS = """
insert into customers_order (id, source_id, number, kind, customer_id, ordered_at, total, currency,
    lines, simulated)
select gen_random_uuid(), %s, number, 'sale', id, now() - interval '30 days',
    round((exp(3 + 2 * random()))::numeric, 2), 'CNY', 1, true
from customers_customer where orders %% 2 = 0
"""


def measure(data: Path, customers: int) -> None:
    """Fill, measure every rule at once and one by one, open pages."""
    from zhiyin.cli.workspace import opened

    with opened(data):
        _fill(customers)
        _measure(customers)


def _fill(customers: int) -> None:
    from django.db import connection

    from zhiyin.collect.models import Source
    from zhiyin.customers.models import Customer

    source, fresh = Source.objects.get_or_create(
        key="bench-quality", defaults={"name_zh": "bench", "name_en": "bench"}
    )
    if not fresh and Customer.objects.exists():
        return
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, [customers])
        cursor.execute(_RECORDS, [source.pk])
        cursor.execute(_ORDERS, [source.pk])
        cursor.execute("vacuum analyze")
    print(f"    filled in {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)


def _measure(customers: int) -> None:
    from django.utils import timezone

    from zhiyin.accounts.models import User
    from zhiyin.quality import measuring, proposing, queries, rows
    from zhiyin.quality.models import QualityRule

    now = timezone.now()
    measuring.measure(now - timedelta(days=8))
    rules = list(QualityRule.objects.filter(active=True))
    all_at_once = measuring.measure(now).seconds
    begun = time.perf_counter()
    for one in rules:
        measuring.measure(now, only=[one])
    apart = time.perf_counter() - begun
    figure("quality.all_rules", all_at_once, "s", "a pass for each rule", apart,
           apart / all_at_once, customers, f"{len(rules)} rules, by source too")  # fmt: skip
    begun = time.perf_counter()
    queries.overview(now)
    figure("quality.figures_page", 1000 * (time.perf_counter() - begun), "ms", n=customers)
    boss = User(name="bench", email="bench@example.com", roles=["administrator"], is_active=True)
    rows.failing(rules[0], by=boss)  # what the first page of a process reads once
    times = []
    for one in rules:
        begun = time.perf_counter()
        rows.failing(QualityRule.objects.get(pk=one.pk), by=boss)
        times.append(time.perf_counter() - begun)
    figure("quality.rows_behind.slowest", max(times), "s", n=customers, note="first page of a rule")
    begun = time.perf_counter()
    proposing.look(now)
    figure("quality.proposals", time.perf_counter() - begun, "s", n=customers)


if __name__ == "__main__":
    on_workspace(measure, quick=20_000)
