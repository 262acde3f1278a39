"""Whom an e-mail changes: Hillstrom's experiment, women's and men's e-mail, outcome visit.

    python -m benchmarks.uplift

Qini as scikit-uplift normalises it, five parts twice, each person ranked by models that have not
seen him; intervals by resampling people. Beside ours stand the response model and a random order in
the same run, and scikit-uplift's own value of our ranking, which must be the same number. The
decision is the product's own. Visits and the columns known before the mailing only.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from benchmarks import peers
from benchmarks.figures import figure
from benchmarks.public_data import public
from zhiyin.insight import uplift
from zhiyin.insight.uplift.qini import qini

GATE = 0.062
AFTER = ["segment", "conversion", "spend"]

_SKLIFT = """
import json, sys, numpy as np
from sklift.metrics import qini_auc_score
d = np.load(sys.argv[1])
print(json.dumps({"qini": float(qini_auc_score(d["came"], d["score"], d["asked"]))}))
"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="changes nothing here")
    options.parse_args()
    folder = public("hillstrom_email")
    if folder is None:
        return
    rows = pa.csv.read_csv(folder / "hillstrom.csv.gz")
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        python = peers.environment(room, ["scikit-uplift"], "scikit-uplift")
        for key, arm in (("women", "Womens E-Mail"), ("men", "Mens E-Mail")):
            _measured(key, arm, rows, python, room)


def _measured(key: str, arm: str, rows: pa.Table, python: Path | None, room: Path) -> None:
    segment = rows.column("segment")
    asked = pc.equal(segment, arm)
    both = rows.append_column("mailed", asked).filter(pc.or_(asked, pc.equal(segment, "No E-Mail")))
    began = time.perf_counter()
    model = uplift.fit(both.drop_columns(AFTER), treated="mailed", outcome="visit")
    seconds = time.perf_counter() - began
    ranked = {r.name: r for r in model.rankings}
    ours = model.ranking
    for rival in ("response", "random", "S-trees", "T-trees"):
        theirs = ranked[rival]
        figure(
            f"uplift.hillstrom_{key}.{rival}", ours.qini, "Qini", rival, theirs.qini, None,
            both.num_rows,
            f"ours {ours.low:.3f} to {ours.high:.3f}, spread {ours.spread:.3f}; theirs "
            f"{theirs.low:.3f} to {theirs.high:.3f}"
            + (f"; gate {GATE}" if key == "women" else "")
            + (_gap(model) if rival == "response" else ""),
        )  # fmt: skip
    figure(
        f"uplift.hillstrom_{key}.mean_effect", model.effect.value, "visits a person",
        n=both.num_rows, note=f"{model.effect.low:.4f} to {model.effect.high:.4f}; decided: send "
        f"to {model.decision.send.value}, ranking {'' if model.decision.ranks else 'not '}in use",
    )  # fmt: skip
    figure(f"uplift.hillstrom_{key}.fit", seconds, "s", n=both.num_rows,
           note="six rankings, five parts twice, 300 resamples, one thread")  # fmt: skip
    came = np.array(both.column("visit").to_pylist(), dtype=float)
    mailed = np.array(both.column("mailed").to_pylist(), dtype=float)
    score = model.predict(both)
    np.savez(room / "ranked.npz", came=came.astype(int), score=score, asked=mailed.astype(int))
    found = peers.ask(python, _SKLIFT, room / "ranked.npz", name="scikit-uplift")
    if found is not None:
        mine = float(qini(score, came, mailed)(np.ones((1, len(came))))[0])
        figure(f"uplift.hillstrom_{key}.same_measure", mine, "Qini", "scikit-uplift",
               found["qini"], None, both.num_rows,
               "on those it learned from, only to compare the measure")  # fmt: skip


def _gap(model: uplift.UpliftModel) -> str:
    gap = model.over_response
    return f"; difference {gap.value:+.4f}, 95 % {gap.low:+.4f} to {gap.high:+.4f}"


if __name__ == "__main__":
    main()
