"""How much longer a page of the list takes with a hundred times as many customers.

    python -m benchmarks.growth --data /some/folder

Two workspaces, one with a hundredth of the customers of the other, are filled (the larger one is
that of `benchmarks.screens`); on each the real server is started, and one user without company
opens every kind of list and search in turn, so that nothing but the number of rows differs. Times
are the server's. The peer is what Django's own list would ask of the same two databases.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.screens import Desk, naive, pages
from benchmarks.serving import Server, filled, on_workspace, signed_in

FACTOR = 100
ROUNDS = 20  # over all addresses of a kind
KINDS = ("list", "list_filtered", "list_deep", "list_nested", "search_chinese", "search_pinyin",
         "search_phone", "search_email", "companies")  # fmt: skip
TARGET = 1.5

Medians = dict[str, float]  # milliseconds by kind of page


def measure(data: Path, customers: int) -> None:
    """Print how many times longer each kind of page takes in the larger workspace."""
    few, small = customers // FACTOR, data / "hundredth"
    small.mkdir(exist_ok=True)
    ours_few, theirs_few = _in_a_process(small, few)
    ours_many, theirs_many = _in_a_process(data, customers)
    for kind in KINDS:
        grown = ours_many[kind] / ours_few[kind]
        theirs = theirs_many[kind] / theirs_few[kind] if kind in theirs_many else None
        figure(
            f"growth.{kind}", grown, "times", "naive ORM, queries alone" if theirs else None,
            theirs, theirs / grown if theirs else None, customers,
            f"median by the server {ours_few[kind]:.1f} ms with {few:,} customers, "
            f"{ours_many[kind]:.1f} ms with {customers:,}; one user; target below {TARGET}",
        )  # fmt: skip


def _in_a_process(data: Path, customers: int) -> tuple[Medians, Medians]:
    """Ours and the peer's; Django is set up for one workspace in a process."""
    command = [sys.executable, "-m", "benchmarks.growth", "one", str(data), str(customers)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    ours, theirs = json.loads(said.splitlines()[-1])
    return ours, theirs


def _one(data: Path, customers: int) -> tuple[Medians, Medians]:
    from zhiyin.cli.serve import free_port

    with filled(data, customers):
        cookie, wanted = signed_in(), pages()
        theirs = naive()
        port = free_port("127.0.0.1", 8730)
        with Server(port) as server:
            desk = Desk(server.port, cookie)
            times: dict[str, list[float]] = {kind: [] for kind in KINDS}
            for again in range(ROUNDS + 2):
                for kind in KINDS:
                    for address in wanted[kind]:
                        status, (by_server, _) = desk.get(address)
                        if status != 200:
                            raise SystemExit(f"{status} {address}")
                        if again > 1:  # both processes have compiled their templates
                            times[kind].append(by_server)
    return {kind: statistics.median(found) for kind, found in times.items()}, theirs


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(_one(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        on_workspace(measure, quick=100_000)
