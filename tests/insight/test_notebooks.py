"""The tutorials run from top to bottom, each in a process of its own, without a notebook server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "insight").glob("*.ipynb"))
# Nothing but what a newcomer has: the cells in their order, and a line when one begins.
_RUN = """
import json, sys
scope = {"__name__": "__main__"}
for number, cell in enumerate(json.load(open(sys.argv[1], encoding="utf-8"))["cells"]):
    if cell["cell_type"] == "code":
        print(f"[cell {number}]", file=sys.stderr, flush=True)
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), scope)
"""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_runs_from_top_to_bottom(path: Path, tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _RUN, str(path)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip(), "a tutorial shows something"
    assert not list(tmp_path.iterdir()), "a tutorial leaves nothing behind"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_says_in_both_languages_what_it_answers(path: Path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    title = "".join(cells[0]["source"]).splitlines()[0]
    assert cells[0]["cell_type"] == "markdown"
    assert title.startswith("# ")
    assert any("\u4e00" <= sign <= "\u9fff" for sign in title)
    assert any("a" <= sign <= "z" for sign in title)


def test_there_is_a_tutorial_for_each_question_and_the_page_names_it():
    people = {"leads", "value", "churn", "personas", "health"}
    ahead = {
        "recommend",
        "demand",
        "basket",
        "paths",
        "promotion",
        "uplift",
        "influence",
        "anomaly",
    }
    assert people | ahead <= {path.stem for path in NOTEBOOKS}
    page = (ROOT / "docs" / "insight" / "README.md").read_text(encoding="utf-8")
    assert all(f"({path.name})" in page for path in NOTEBOOKS)
