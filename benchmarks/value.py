"""How right and how fast the value model is: CDNOW, and 100,000 customers, with `lifetimes` beside.

Run with `python -m benchmarks.value`. The CDNOW sample and the peer both come from the source
package `lifetimes` (2020). It is fetched by name into a temporary environment of its own, because
it needs `pkg_resources`, and runs there as a second process on the same files. Where it cannot be
had, one line says so and the figures of our own stand alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np

from benchmarks.figures import figure
from zhiyin.insight.bgnbd import BgNbd, Purchases, fit_bgnbd, fit_gamma_gamma

# Fader, Hardie, Lee (2005), table 2: as printed, three decimals
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
CUSTOMERS = 100_000
REPEATS = 3

_PEER = """
import csv, json, sys, time
import numpy as np
from lifetimes import BetaGeoFitter, GammaGammaFitter
data = np.load(sys.argv[2], allow_pickle=False)
repeats = int(sys.argv[3])
with open(sys.argv[1]) as file:
    rows = list(csv.DictReader(file))
x, t_x, T = (np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T"))
cdnow = BetaGeoFitter().fit(x, t_x, T).params_
seconds = []
for _ in range(repeats):
    began = time.perf_counter()
    large = BetaGeoFitter().fit(data["x"], data["t_x"], data["T"]).params_
    seconds.append(time.perf_counter() - began)
print(json.dumps({"cdnow": dict(cdnow), "large": dict(large), "seconds": min(seconds)}))
"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="changes nothing here")
    options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        simulated = _simulated()
        np.savez(room / "customers.npz", x=simulated.x, t_x=simulated.t_x, T=simulated.T)
        python, summary = _peer_environment(room)
        ours, seconds = _timed(simulated)
        peer = _peer(python, summary, room / "customers.npz") if python and summary else None
        # again after the peer: both had the same chances of a quiet machine
        seconds = min(seconds, _timed(simulated)[1])
        if summary is not None:
            _cdnow(summary, peer)
        _speed(ours, seconds, peer)


def _cdnow(summary: Path, peer: dict[str, dict[str, float]] | None) -> None:
    with summary.open() as file:
        rows = list(csv.DictReader(file))
    x, t_x, watched, mean = (
        np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T", "zbar")
    )
    found = fit_bgnbd(Purchases(x, t_x, watched))
    for name, printed in PUBLISHED.items():
        value = getattr(found, name)
        off = abs(value - printed) / printed
        rounds = "rounds to the printed figure" if round(value, 3) == printed else "differs"
        other = peer["cdnow"][name] if peer else None
        figure(
            f"value.cdnow.{name}", value, "parameter",
            peer="lifetimes" if peer else "Fader, Hardie, Lee 2005",
            peer_value=other if other is not None else printed,
            n=len(rows), note=f"published {printed}, {off:.2%} away, {rounds}",
        )  # fmt: skip
    money = fit_gamma_gamma(x[x > 0], mean[x > 0])
    figure(
        "value.cdnow.order_value",
        float(money.expected_value(np.zeros(1), np.zeros(1))[0]),
        "dollars",
        n=int((x > 0).sum()),
        note=f"Gamma-Gamma p {money.p:.3f} q {money.q:.3f} gamma {money.gamma:.3f}",
    )


def _speed(ours: BgNbd, seconds: float, peer: dict[str, dict[str, float]] | None) -> None:
    theirs = float(peer["seconds"]) if peer else None  # type: ignore[arg-type]
    same = ""
    if peer:
        away = max(abs(getattr(ours, k) / v - 1) for k, v in peer["large"].items())
        same = f"; parameters {away:.2%} apart at most"
    figure(
        "value.fit", seconds, "s", peer="lifetimes BetaGeoFitter" if peer else None,
        peer_value=theirs, ratio=theirs / seconds if theirs else None, n=CUSTOMERS,
        note=f"best runs, BG/NBD, simulated customers{same}",
    )  # fmt: skip


def _timed(seen: Purchases) -> tuple[BgNbd, float]:
    best = float("inf")
    for _ in range(REPEATS):
        began = time.perf_counter()
        found = fit_bgnbd(seen)
        best = min(best, time.perf_counter() - began)
    return found, best


def _simulated() -> Purchases:
    """Customers by the model's own law with CDNOW's parameters, in days over two years."""
    rng = np.random.default_rng(1)
    rate = rng.gamma(PUBLISHED["r"], 1 / (7 * PUBLISHED["alpha"]), CUSTOMERS)
    leave = rng.beta(PUBLISHED["a"], PUBLISHED["b"], CUSTOMERS)
    watched = rng.integers(100, 730, CUSTOMERS).astype(np.float64)
    x, t_x, now = np.zeros(CUSTOMERS), np.zeros(CUSTOMERS), np.zeros(CUSTOMERS)
    alive = np.ones(CUSTOMERS, dtype=bool)
    while alive.any():
        now = now + np.where(alive, rng.exponential(1 / np.maximum(rate, 1e-12)), 0.0)
        bought = alive & (now < watched)
        x[bought] += 1
        t_x[bought] = np.ceil(now[bought])
        alive = bought & (rng.random(CUSTOMERS) > leave)
    return Purchases(x, np.minimum(t_x, watched), watched)


def _peer_environment(room: Path) -> tuple[Path | None, Path | None]:
    """A Python with lifetimes, and the CDNOW summary that comes with it."""
    home = room / "peer"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    wanted = ["lifetimes", "numpy<2", "pandas<2.3", "scipy<1.14", "setuptools<81"]
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"lifetimes cannot be had here, its figures are left out: {_last(done.stderr)}",
              file=sys.stderr)  # fmt: skip
        return None, None
    found = sorted(home.rglob("cdnow_customers_summary_with_transactions.csv"))
    return python, found[0] if found else None


def _peer(python: Path, summary: Path, data: Path) -> dict[str, dict[str, float]] | None:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", _PEER, summary, data, str(REPEATS)],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        print(f"lifetimes did not run: {_last(done.stderr)}", file=sys.stderr)
        return None
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _last(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no message"


if __name__ == "__main__":
    main()
