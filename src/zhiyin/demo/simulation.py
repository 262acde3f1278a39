"""The channels that no public data set has, made around the people of the real orders.

`simulate` is the whole of it: real orders in, tables in the layouts of a shop's exports out, and
the truth that was planted beside them. The same orders, seed and parameters give the same bytes.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhiyin.demo import campaign as win_back
from zhiyin.demo import companies as businesses
from zhiyin.demo import orders as sales
from zhiyin.demo import path as churn_path
from zhiyin.demo import people as persons
from zhiyin.demo import shops as tills
from zhiyin.demo import tickets as desk
from zhiyin.demo import visits, voices
from zhiyin.demo.chance import moments, numbered, stream
from zhiyin.demo.parameters import DEFAULT, Parameters


class OrdersAfterNowError(ValueError):
    """The orders end after `now`: shift them by `shift_weeks` first."""


@dataclass(frozen=True)
class Truth:
    """What was planted, for tests to hold findings against; never an input of the product."""

    parameters: Parameters
    seed: int
    links: pa.Table  # Kind A, A, Kind B, B, Person: two identifiers of one human being
    persons: pa.Table  # Customer, Person: the first account of whoever is behind an account
    path: dict[str, Any]
    campaign: dict[str, Any]
    review_feelings: pa.Table  # Review, Aspect, Feeling

    def save(self, file: FilePath) -> None:
        """Writes everything as one JSON object."""
        content = {
            "seed": self.seed,
            "parameters": asdict(self.parameters),
            "path": self.path,
            "campaign": self.campaign,
            "links": self.links.to_pydict(),
            "persons": self.persons.to_pydict(),
            "review_feelings": self.review_feelings.to_pydict(),
        }
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


@dataclass(frozen=True)
class Simulation:
    """One table for each export. Every row has `Simulated` = true."""

    profiles: pa.Table
    companies: pa.Table
    company_people: pa.Table  # Customer, Number: who buys for which company
    members: pa.Table
    receipts: pa.Table
    events: pa.Table
    reviews: pa.Table
    tickets: pa.Table
    messages: pa.Table
    campaigns: pa.Table
    campaign_assignment: pa.Table
    campaign_excluded: pa.Table
    campaign_messages: pa.Table
    campaign_orders: pa.Table  # the layout of the real orders, and `Simulated`
    campaign_results: pa.Table  # Campaign, Customer, InvoiceNo: whose added order it is
    truth: Truth

    def tables(self) -> Iterator[tuple[str, pa.Table]]:
        """The name and the rows of each export."""
        for field in fields(self):
            if field.name != "truth":
                yield field.name, getattr(self, field.name)

    def save(self, folder: FilePath) -> None:
        """Writes `<name>.parquet` for each table, and `truth.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.tables():
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        self.truth.save(folder / "truth.json")


def simulate(
    orders: pa.Table, *, seed: int, parameters: Parameters = DEFAULT, now: datetime
) -> Simulation:
    """Simulates every other channel for the customers of `orders`.

    `orders` have the columns of Online Retail and are already moved to the present
    (`shift_orders`); nothing that is made here is later than the last of them, nor than `now`.
    """
    book = sales.read(orders)
    if book.end_us > now.timestamp() * 1e6:
        raise OrdersAfterNowError(
            f"The last order is of {datetime.fromtimestamp(book.end_us / 1e6, now.tzinfo)}, "
            f"after {now}. Move the orders with shift_orders(orders, shift_weeks(last, now))."
        )
    people = persons.make(
        stream(seed, "people"), book.refs, book.country, book.first_us, book.end_us, parameters
    )
    shops = tills.make(stream(seed, "shops"), people, book, parameters)
    bought = book.invoices + shops.purchases
    campaign = win_back.make(stream(seed, "campaign"), people, book, bought, parameters)
    bought = bought + campaign.purchases
    firms = businesses.make(stream(seed, "companies"), people, book)
    path = churn_path.make(stream(seed, "path"), bought, people.person, book.end_us, parameters)

    owned = visits.devices(stream(seed, "devices"), people, seed, parameters)
    trips = visits.sessions(stream(seed, "visits"), people, book, parameters)
    trips = trips + visits.policy_visits(path.reader, path.read_us)
    reviews = voices.reviews(stream(seed, "reviews"), people, book, parameters)
    service = desk.make(stream(seed, "tickets"), people, book, path, parameters)
    seen = visits.events(stream(seed, "events"), trips, people, owned, book, seed)
    told = [reviews.events, service.events, campaign.events]
    events = _event_table(seen, pa.concat_tables(told), people, book.end_us)

    knows = stream(seed, "profiles").random(len(people)) < parameters.device_known_share
    device = pc.if_else(pa.array(knows), owned.first, None)
    return Simulation(
        profiles=persons.profile_table(people, member_card=shops.written_card, device=device),
        companies=firms.companies,
        company_people=firms.members,
        members=shops.members,
        receipts=shops.receipts,
        events=events,
        reviews=reviews.table,
        tickets=service.tickets,
        messages=service.messages,
        campaigns=campaign.definition,
        campaign_assignment=campaign.assignment,
        campaign_excluded=campaign.excluded,
        campaign_messages=campaign.messages,
        campaign_orders=campaign.orders,
        campaign_results=campaign.made_orders,
        truth=Truth(
            parameters=parameters,
            seed=seed,
            links=_links(people, shops.holders, owned.owners),
            persons=persons.person_table(people),
            path=path.truth,
            campaign=campaign.truth,
            review_feelings=reviews.truth,
        ),
    )


def _event_table(seen: pa.Table, told: pa.Table, people: persons.People, end_us: int) -> pa.Table:
    """Visits, service and e-mail in one stream, in order of time, each with its own id."""
    size = told.num_rows
    none = pa.nulls(size, pa.string())
    name = told["name"].combine_chunks()
    by_mail = pc.starts_with(name, "Email")
    channel = pc.if_else(
        by_mail, "e-mail", pc.if_else(pc.equal(name, "Product Reviewed"), "web", "service")
    )
    rest = pa.table(
        {
            "Event": name,
            "Time": moments(told["at_us"].to_numpy()),
            "Device": none,
            "Customer": people.ref.take(told["who"].combine_chunks()),
            "Channel": channel,
            "Visit": none,
            "Page": none,
            "SKU": none,
            "Product": none,
            "Price": pa.nulls(size, seen.schema.field("Price").type),
            "Reference": told["reference"].combine_chunks(),
        }
    )
    table = pa.concat_tables([seen, rest.select(seen.column_names)])
    last = pa.scalar(end_us, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    table = table.filter(pc.less_equal(table["Time"], last)).sort_by("Time").combine_chunks()
    ids = numbered("E", np.arange(table.num_rows), 8)
    table = table.add_column(0, "Message", ids)
    return table.append_column("Simulated", pa.repeat(True, table.num_rows))


def _links(people: persons.People, holders: pa.Table, owners: pa.Table) -> pa.Table:
    """Pairs of identifiers that belong to one human being."""
    behind = persons.person_table(people)

    def pairs(kind: str, left: pa.Array, customer: pa.Array) -> pa.Table:
        size = len(left)
        person = behind["Person"].take(pc.index_in(customer, people.ref))
        return pa.table(
            {
                "Kind A": pa.repeat("customer", size),
                "A": customer,
                "Kind B": pa.repeat(kind, size),
                "B": left,
                "Person": person,
            }
        )

    second = behind.filter(pc.not_equal(behind["Customer"], behind["Person"]))
    return pa.concat_tables(
        [
            pairs("customer", second["Customer"], second["Person"]),
            pairs("member card", holders["Member card"], holders["Customer"]),
            pairs("device", owners["Device"], owners["Customer"]),
        ]
    )
