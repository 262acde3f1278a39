"""Customer features as careful users of other tools would write them.

All start from the same files of a lake and the same table of links, and give the same columns. No
Python function runs for each row or group in any of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from zhiyin.features.instants import DAY_US, SECOND_US
from zhiyin.features.purchases import WINDOWS
from zhiyin.instants import to_us
from zhiyin.lake import Lake

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
LINKS_FILE = "links.parquet"
NOW = to_us(AS_OF)
DAY_S = DAY_US // SECOND_US
WANTED = ["identifier_id", "order_id", "ts_us", "sku", "quantity", "amount"]


def files(folder: Path) -> list[str]:
    return Lake(str(folder / "lake")).uris("order_lines")


def in_pandas(folder: Path) -> pa.Table:
    """Texts become integers once; decimals become exact integers while still in Arrow."""
    table = pq.read_table(files(folder), columns=WANTED)
    units = _units(table["amount"])
    lines = table.drop_columns("amount").to_pandas()
    lines["amount_e4"] = units
    del table, units
    lines = lines[lines.ts_us < NOW]
    links = pd.read_parquet(folder / LINKS_FILE)
    owner, customers = pd.factorize(links.customer_id)
    customer = owner[pd.Index(links.identifier_id).get_indexer(lines.identifier_id)]
    order, _ = pd.factorize(lines.order_id)
    sku, _ = pd.factorize(lines.sku)
    sale = (lines.quantity > 0).to_numpy()
    amount = lines.amount_e4.to_numpy()
    moment = lines.ts_us.to_numpy()
    money = pd.DataFrame({"customer": customer, "revenue": amount})
    money["gross_revenue"] = np.where(sale, amount, 0)
    money["returned"] = np.where(lines.quantity < 0, -amount, 0)
    money["items"] = np.where(sale, lines.quantity, 0)
    for days in WINDOWS:
        money[f"revenue_{days}d"] = np.where(moment >= NOW - days * DAY_US, amount, 0)
    result = money.groupby("customer").sum()
    sold = pd.DataFrame({"customer": customer[sale], "sku": sku[sale]}).drop_duplicates()
    result["products"] = sold.groupby("customer").size()

    orders = (
        pd.DataFrame({"customer": customer[sale], "order": order[sale], "sold_us": moment[sale]})
        .groupby(["customer", "order"], sort=False)["sold_us"]
        .min()
        .reset_index()
        .sort_values(["customer", "sold_us"])
    )
    grouped = orders.groupby("customer")
    result["orders"] = grouped.size()
    result["first_order_us"] = grouped.sold_us.min()
    result["last_order_us"] = grouped.sold_us.max()
    orders["day"] = orders.sold_us // DAY_US
    days_bought = orders.drop_duplicates(["customer", "day"])
    result["order_days"] = days_bought.groupby("customer").size()
    for days in WINDOWS:
        orders[f"orders_{days}d"] = orders.sold_us >= NOW - days * DAY_US
    counted = [f"orders_{days}d" for days in WINDOWS]
    result[counted] = orders.groupby("customer")[counted].sum()
    orders["gap_s"] = (orders.sold_us // SECOND_US).groupby(orders.customer).diff()
    gaps = orders.groupby("customer").gap_s.agg(["mean", "std"]) / 86_400
    result["mean_gap_days"], result["gap_sd_days"] = gaps["mean"], gaps["std"]

    result = result[result.orders > 0]
    for name in ("revenue", "gross_revenue", "returned", *(f"revenue_{d}d" for d in WINDOWS)):
        result[name] = result[name] / 10_000
    result["recency_days"] = (NOW - result.last_order_us) / DAY_US
    result["tenure_days"] = (NOW - result.first_order_us) / DAY_US
    result["aov"] = result.gross_revenue / result.orders
    result["return_rate"] = (result.returned / result.gross_revenue).where(
        result.gross_revenue > 0, 0.0
    )
    result.insert(0, "customer_id", customers[result.index])
    result = result.sort_values("customer_id", ignore_index=True)
    return pa.Table.from_pandas(result, preserve_index=False)


def _units(amounts: pa.ChunkedArray) -> np.ndarray:
    """Decimals with four places as integers of 1/10,000, without arithmetic."""
    parts = [
        np.frombuffer(chunk.buffers()[1], np.int64)[2 * chunk.offset :][: 2 * len(chunk) : 2]
        for chunk in amounts.chunks
    ]
    return np.concatenate(parts)


def in_polars(folder: Path) -> pa.Table:
    """Lazily, on the streaming engine; texts of orders and products as hashes, as we do it."""
    import polars as pl

    links = pl.read_parquet(folder / LINKS_FILE).with_columns(
        customer=pl.col("customer_id").rank("dense")
    )
    lines = (
        pl.scan_parquet(files(folder), hive_partitioning=False)
        .select(WANTED)
        .filter(pl.col("ts_us") < NOW)
        .join(links.lazy().select("identifier_id", "customer"), on="identifier_id")
        .select("customer", "ts_us", "quantity", "amount",
                order=pl.col("order_id").hash(), sku=pl.col("sku").hash())
    )  # fmt: skip
    sale, amount = pl.col("quantity") > 0, pl.col("amount")
    money = lines.group_by("customer").agg(
        amount.sum().cast(pl.Float64).alias("revenue"),
        amount.filter(sale).sum().cast(pl.Float64).alias("gross_revenue"),
        (-amount.filter(pl.col("quantity") < 0).sum()).cast(pl.Float64).alias("returned"),
        pl.col("quantity").filter(sale).sum().alias("items"),
        pl.col("sku").filter(sale).n_unique().cast(pl.Int64).alias("products"),
        *(
            amount.filter(pl.col("ts_us") >= NOW - days * DAY_US)
            .sum().cast(pl.Float64).alias(f"revenue_{days}d")
            for days in WINDOWS
        ),
    )  # fmt: skip
    sold = pl.col("sold_us")
    gap = (sold // SECOND_US).diff()
    rhythm = (
        lines.filter(sale)
        .group_by("customer", "order").agg(sold_us=pl.col("ts_us").min())
        .sort("customer", "sold_us")
        .group_by("customer").agg(
            pl.len().cast(pl.Int64).alias("orders"),
            sold.min().alias("first_order_us"),
            sold.max().alias("last_order_us"),
            (sold // DAY_US).n_unique().cast(pl.Int64).alias("order_days"),
            (gap.mean() / DAY_S).alias("mean_gap_days"),
            (gap.std() / DAY_S).alias("gap_sd_days"),
            *(
                (sold >= NOW - days * DAY_US).sum().cast(pl.Int64).alias(f"orders_{days}d")
                for days in WINDOWS
            ),
        )
    )  # fmt: skip
    names = links.lazy().select("customer", "customer_id").unique()
    finished = (
        rhythm.join(money, on="customer")
        .join(names, on="customer")
        .with_columns(
            recency_days=(NOW - pl.col("last_order_us")) / DAY_US,
            tenure_days=(NOW - pl.col("first_order_us")) / DAY_US,
            aov=pl.col("gross_revenue") / pl.col("orders"),
            return_rate=pl.when(pl.col("gross_revenue") > 0)
            .then(pl.col("returned") / pl.col("gross_revenue"))
            .otherwise(0.0),
        )
        .sort("customer_id")
    )
    return finished.collect(engine="streaming").to_arrow()


def in_sql(folder: Path, memory: str) -> pa.Table:
    """By hand in DuckDB's SQL, as one statement."""
    sums = ", ".join(
        f"coalesce(sum(amount) filter (where ts_us >= {NOW - days * DAY_US}), 0)::double"
        f" as revenue_{days}d"
        for days in WINDOWS
    )
    counts = ", ".join(
        f"count(*) filter (where sold_us >= {NOW - days * DAY_US}) as orders_{days}d"
        for days in WINDOWS
    )
    engine = duckdb.connect(config={"memory_limit": memory, "preserve_insertion_order": False})
    statement = f"""
        with bought as materialized (
            select customer_id, order_id, ts_us, sku, quantity, amount
            from read_parquet($files) join read_parquet($links) using (identifier_id)
            where ts_us < {NOW}
        ),
        money as (
            select customer_id, sum(amount)::double as revenue,
                coalesce(sum(amount) filter (where quantity > 0), 0)::double as gross_revenue,
                coalesce(-sum(amount) filter (where quantity < 0), 0)::double as returned,
                (sum(quantity) filter (where quantity > 0))::bigint as items, {sums}
            from bought group by customer_id
        ),
        articles as (
            select customer_id, count(*) as products
            from (select distinct customer_id, sku from bought where quantity > 0)
            group by customer_id
        ),
        orders as (
            select customer_id, min(ts_us) as sold_us
            from bought where quantity > 0 group by customer_id, order_id
        ),
        gaps as (
            select customer_id, sold_us, sold_us // {SECOND_US} - lag(sold_us // {SECOND_US})
                over (partition by customer_id order by sold_us) as gap_s
            from orders
        ),
        rhythm as (
            select customer_id, count(*) as orders, min(sold_us) as first_order_us,
                max(sold_us) as last_order_us, count(distinct sold_us // {DAY_US}) as order_days,
                avg(gap_s) / {DAY_S} as mean_gap_days, stddev_samp(gap_s) / {DAY_S} as gap_sd_days,
                {counts}
            from gaps group by customer_id
        )
        select *, ({NOW} - last_order_us) / {DAY_US}::double as recency_days,
            ({NOW} - first_order_us) / {DAY_US}::double as tenure_days,
            gross_revenue / orders as aov,
            case when gross_revenue > 0 then returned / gross_revenue else 0 end as return_rate
        from rhythm join money using (customer_id) join articles using (customer_id)
        order by customer_id
    """
    asked = {"files": files(folder), "links": str(folder / LINKS_FILE)}
    return engine.execute(statement, asked).to_arrow_table()
