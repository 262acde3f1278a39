import json
import re
import unicodedata
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.demo.conftest import NOW
from zhiyin.demo import DEFAULT, DEMO_SEED, NoSalesError, OrdersAfterNowError, Simulation, simulate

EXPORTS = [
    "profiles",
    "companies",
    "company_people",
    "members",
    "receipts",
    "events",
    "reviews",
    "tickets",
    "messages",
    "campaigns",
    "campaign_assignment",
    "campaign_excluded",
    "campaign_messages",
    "campaign_orders",
    "campaign_results",
]


def test_the_same_seed_gives_the_same_tables(orders: pa.Table, simulation: Simulation) -> None:
    again = simulate(orders, seed=DEMO_SEED, now=NOW)
    for (name, first), (_, second) in zip(simulation.tables(), again.tables(), strict=True):
        assert first.equals(second), name
    assert simulation.truth.links.equals(again.truth.links)
    assert simulation.truth.campaign == again.truth.campaign


def test_another_seed_gives_other_people(orders: pa.Table, simulation: Simulation) -> None:
    other = simulate(orders, seed=7, now=NOW)
    assert not other.profiles["Name"].equals(simulation.profiles["Name"])
    assert other.profiles["Customer"].equals(simulation.profiles["Customer"])


def test_every_simulated_row_says_so(simulation: Simulation) -> None:
    assert [name for name, _ in simulation.tables()] == EXPORTS
    for name, table in simulation.tables():
        assert table.num_rows > 0, name
        assert pc.all(table["Simulated"]).as_py() is True, name
        table.validate(full=True)


def test_every_real_customer_has_one_profile(orders: pa.Table, simulation: Simulation) -> None:
    refs = simulation.profiles["Customer"].to_pylist()
    assert len(refs) == len(set(refs)) == 4_372
    assert set(refs) == set(pc.unique(orders["CustomerID"].drop_null()).to_pylist())


def test_no_mail_can_reach_anybody(simulation: Simulation) -> None:
    address = re.compile(r"[^@\s]+@([^@\s]+)")
    found = 0
    for name, table in simulation.tables():
        for field in table.schema:
            if field.type == pa.string():
                for text in pc.unique(table[field.name].drop_null()).to_pylist():
                    for domain in address.findall(text):
                        found += 1
                        assert domain in {"example.com", "example.org", "example.net"}, name
    assert found > 4_000


def test_each_online_mobile_is_shared_by_a_household_or_a_person_only(
    simulation: Simulation,
) -> None:
    digits = pc.replace_substring_regex(simulation.profiles["Mobile"].drop_null(), r"\D", "")
    local = pc.replace_substring_regex(digits, "^(86|44|0)", "")
    counts = pc.value_counts(local).field("counts").to_pylist()
    assert max(counts) <= 4
    assert sum(c > 1 for c in counts) < len(counts) * 0.05
    for number in pc.unique(local).to_pylist():
        assert re.fullmatch(r"1\d\d000\d{5}|7700900\d{3}|336399\d{5}|336398\d{5}", number), number


def test_names_are_normal_varied_and_in_the_stated_shares(simulation: Simulation) -> None:
    names = simulation.profiles["Name"].to_pylist()
    assert all(unicodedata.normalize("NFC", n) == n for n in names)
    chinese = sum(any(ord(c) >= 0x3400 for c in n) for n in names) / len(names)
    assert chinese == pytest.approx(DEFAULT.chinese_share, abs=0.04)
    assert any("·" in n for n in names)
    assert any(n.startswith("欧阳") for n in names)
    assert any(ord(c) > 0xFFFF for n in names for c in n)
    assert any(not n.isascii() and ord(max(n)) < 0x3000 for n in names)


def test_nothing_happens_after_the_last_order(orders: pa.Table, simulation: Simulation) -> None:
    last = pc.max(orders["InvoiceDate"]).as_py().replace(tzinfo=NOW.tzinfo)
    for name, table in simulation.tables():
        for field in table.schema:
            if pa.types.is_timestamp(field.type) and field.type.tz:
                assert pc.max(table[field.name]).as_py() <= last, (name, field.name)


def test_orders_after_now_are_refused(orders: pa.Table) -> None:
    with pytest.raises(OrdersAfterNowError, match="shift_weeks"):
        simulate(orders, seed=1, now=NOW - timedelta(weeks=3))


@pytest.mark.parametrize("customers", [1, 3, 40])
def test_a_small_shop_can_be_simulated_too(orders: pa.Table, customers: int) -> None:
    refs = pc.unique(orders["CustomerID"].drop_null())[1_000 : 1_000 + customers]
    few = orders.filter(pc.is_in(orders["CustomerID"], refs))
    made = simulate(few, seed=1, now=NOW)
    assert made.profiles.num_rows == customers
    assert made.events.num_rows > 0


def test_orders_without_any_customer_are_refused(orders: pa.Table) -> None:
    nobody = orders.filter(pc.is_null(orders["CustomerID"]))
    with pytest.raises(NoSalesError, match="CustomerID"):
        simulate(nobody, seed=1, now=NOW)


def test_visits_are_dense_in_the_last_months(simulation: Simulation) -> None:
    events = simulation.events
    assert 150_000 <= events.num_rows <= 250_000
    since = pa.scalar(NOW - timedelta(days=125), events.schema.field("Time").type)
    assert pc.mean(pc.greater(events["Time"], since)).as_py() > 0.75
    names = set(pc.unique(events["Event"]).to_pylist())
    assert names >= {
        "Page Viewed",
        "Product Viewed",
        "Product Added",
        "Cart Abandoned",
        "Return Policy Viewed",
        "Ticket Opened",
        "Complaint Raised",
        "Email Sent",
        "Email Bounced",
    }
    assert pc.count_distinct(events["Message"]).as_py() == events.num_rows


def test_the_planted_links_join_the_channels(simulation: Simulation) -> None:
    links = simulation.truth.links.to_pylist()
    person = dict(
        zip(*(simulation.truth.persons[c].to_pylist() for c in ("Customer", "Person")), strict=True)
    )
    owner = {r["B"]: r["Person"] for r in links if r["Kind B"] == "device"}
    events = simulation.events
    signed_in = events.filter(pc.and_(events["Device"].is_valid(), events["Customer"].is_valid()))
    pairs = signed_in.group_by(["Device", "Customer"]).aggregate([]).to_pylist()
    assert len(pairs) > 3_000
    assert all(owner[p["Device"]] == person[p["Customer"]] for p in pairs)

    holder = {r["B"]: r["Person"] for r in links if r["Kind B"] == "member card"}
    profiles = simulation.profiles.filter(simulation.profiles["Member card"].is_valid())
    assert profiles.num_rows > 300
    for row in profiles.select(["Customer", "Member card"]).to_pylist():
        assert holder[row["Member card"]] == person[row["Customer"]]
    cards = set(simulation.members["Member card"].to_pylist())
    assert set(holder) < cards
    assert len(cards) == simulation.members.num_rows
    assert set(simulation.receipts["Member card"].to_pylist()) <= cards


def test_reviews_say_what_was_planted_in_both_languages(simulation: Simulation) -> None:
    feelings = simulation.truth.review_feelings
    assert set(pc.unique(feelings["Aspect"]).to_pylist()) == {
        "packaging",
        "delivery",
        "taste",
        "price",
    }
    total = feelings.group_by("Review").aggregate([("Feeling", "sum")])
    joined = simulation.reviews.join(total, "Review")
    happy = joined.filter(pc.greater(joined["Feeling_sum"], 0))
    angry = joined.filter(pc.less(joined["Feeling_sum"], 0))
    assert pc.min(happy["Rating"]).as_py() >= 4
    assert pc.max(angry["Rating"]).as_py() <= 2
    languages = pc.value_counts(joined["Language"]).to_pylist()
    assert all(v["counts"] > 1_000 for v in languages)
    assert pc.count_distinct(joined["Text"]).as_py() > joined.num_rows * 0.5


def test_tickets_close_after_they_open(simulation: Simulation) -> None:
    tickets = simulation.tickets
    closed = tickets.filter(tickets["Closed at"].is_valid())
    assert pc.all(pc.greater(closed["Closed at"], closed["Opened at"])).as_py()
    assert 0 < pc.sum(pc.equal(tickets["State"], "open")).as_py() < 100
    assert pc.all(
        pc.is_in(simulation.messages["Ticket"], tickets["Ticket"].combine_chunks())
    ).as_py()
    assert "{" not in "".join(simulation.messages["Text"].to_pylist())


def test_everything_can_be_saved_beside_its_truth(simulation: Simulation, tmp_path: Path) -> None:
    simulation.save(tmp_path)
    assert {f.stem for f in tmp_path.glob("*.parquet")} == set(EXPORTS)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["parameters"]["path_relative_risk"] == DEFAULT.path_relative_risk
    assert len(truth["links"]["A"]) == simulation.truth.links.num_rows
