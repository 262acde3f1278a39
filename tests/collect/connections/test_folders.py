"""What lands in a folder is taken in by itself, once, and nothing outside of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings

from tests.collect.connections.others import HEADER, connected, mapped, put
from zhiyin.accounts.models import User
from zhiyin.collect.connections import folders, running
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.collect.models import Connection, Run, Source
from zhiyin.customers.models import Order

FIRST = HEADER + "\n1001,2026-03-01 10:00,TEA-1,正山小种,2,88.00,C1\n"
SECOND = HEADER + "\n1002,2026-03-02 10:00,TEA-1,正山小种,1,88.00,C2\n"


def begun(source: Source, drop: Path, keeper: User, pattern: str = "*.csv") -> Connection:
    where = {"folder": str(drop), "pattern": pattern}
    return connected(source, Connection.Kind.FOLDER, where, keeper)


def run(one: Connection) -> Run | None:
    one.refresh_from_db()
    return running.run(one)


def test_the_first_file_waits_for_its_columns_and_the_next_ones_come_in_by_themselves(
    source: Source, drop: Path, keeper: User
) -> None:
    put(drop, "orders-1.csv", FIRST, age_s=120)
    one = begun(source, drop, keeper)
    first = run(one)
    assert first is not None
    assert first.state == Run.State.WAITS
    assert run(one) is None  # nothing goes on behind the back of who has to map
    mapped(first, keeper)
    put(drop, "orders-2.csv", SECOND)
    second = run(one)
    assert second is not None
    assert (second.state, second.rows, second.loaded, second.known) == ("loaded", 1, 1, 0)
    assert set(Order.objects.values_list("number", flat=True)) == {"1001", "1002"}
    assert set(Order.objects.values_list("source__key", flat=True)) == {"erp"}
    nothing = run(one)
    assert nothing is not None
    assert (nothing.state, nothing.rows) == ("nothing", 0)


def test_a_file_that_grew_is_read_again_and_what_was_in_it_counts_once(
    source: Source, drop: Path, keeper: User
) -> None:
    put(drop, "orders.csv", FIRST, age_s=120)
    one = begun(source, drop, keeper)
    mapped(run(one), keeper)  # type: ignore[arg-type]
    put(drop, "orders.csv", FIRST + SECOND.splitlines()[1] + "\n")
    again = run(one)
    assert again is not None
    assert (again.rows, again.loaded, again.known) == (2, 1, 1)


def test_a_file_that_is_still_being_written_is_left_for_the_next_time(
    source: Source, drop: Path, keeper: User
) -> None:
    put(drop, "orders.csv", FIRST, age_s=1)
    put(drop, ".orders.csv.part", FIRST)
    one = begun(source, drop, keeper, pattern="*")
    done = run(one)
    assert done is not None
    assert done.state == Run.State.NOTHING


def test_a_broken_file_is_told_of_and_does_not_stop_the_others(
    source: Source, drop: Path, keeper: User
) -> None:
    put(drop, "a.csv", FIRST, age_s=300)
    one = begun(source, drop, keeper)
    mapped(run(one), keeper)  # type: ignore[arg-type]
    (drop / "b.csv").write_bytes(b"\x50\x4b\x03\x04 no workbook")
    os.utime(drop / "b.csv", (1_700_000_000, 1_700_000_000))
    put(drop, "c.csv", SECOND)
    done = run(one)
    assert done is not None
    assert (done.state, done.loaded) == ("failed", 1)
    assert "b.csv" in done.problem["en"]
    assert run(one).state == Run.State.NOTHING  # type: ignore[union-attr]


def test_other_columns_wait_for_a_person_and_lose_nothing(
    source: Source, drop: Path, keeper: User
) -> None:
    put(drop, "a.csv", FIRST, age_s=300)
    one = begun(source, drop, keeper)
    mapped(run(one), keeper)  # type: ignore[arg-type]
    put(drop, "b.csv", SECOND.replace("商品名称", "品名").replace("客户编号", "会员编号"))
    waits = run(one)
    assert waits is not None
    assert waits.state == Run.State.WAITS
    mapped(waits, keeper)
    assert run(one).state == Run.State.NOTHING  # type: ignore[union-attr]
    assert Order.objects.filter(number="1002").count() == 1


@pytest.mark.parametrize("path", ["/etc", "/", "../..", "/tmp/.."])
def test_no_folder_is_read_that_the_operator_did_not_open(drop: Path, path: str) -> None:
    with pytest.raises(NotAllowed):
        folders.folder_of(str(drop / path))


def test_a_link_out_of_the_folder_is_not_followed(drop: Path, tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.csv", FIRST)
    (drop / "link.csv").symlink_to(secret)
    assert list(folders.new_files({"folder": str(drop), "pattern": "*"}, {})) == []


def test_a_folder_that_is_gone_says_so(drop: Path) -> None:
    with pytest.raises(Trouble, match="no such folder"):
        folders.folder_of(str(drop / "gone"))
    assert [str(drop)] == settings.SOURCE_FOLDERS
