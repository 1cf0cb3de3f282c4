# Every target is one `python -m …` line or little more. `uv` is used when it is there; plain pip suffices.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := $(VENV)-peers

.PHONY: demo test lint types contracts unit slow conformance bench clean

$(STAMP): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then uv venv -q --allow-existing $(VENV) && uv pip install -q -p $(BIN)/python -e ".[dev]"; \
	else $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install -q --disable-pip-version-check -e ".[dev]"; fi
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/python -m sfsetup demo

test: lint types contracts unit

lint: $(STAMP)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python tests/lint/house_rules.py

types: $(STAMP)
	$(BIN)/python -m mypy

contracts: $(STAMP)
	$(BIN)/lint-imports --no-cache

unit: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist worksteal -q -m "not slow and not conformance"

slow: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist worksteal -q -m "slow and not conformance"

conformance: $(STAMP)
	$(BIN)/python -m pytest -q -m "conformance" tests/conformance

# what sfsetup is measured against lives in an environment of its own; without it those rows are skipped
bench: $(STAMP)
	@if command -v uv >/dev/null 2>&1; then uv venv -q --allow-existing $(PEERS) && uv pip install -q -p $(PEERS)/bin/python "openapi-spec-validator>=0.7"; \
	else $(PYTHON) -m venv $(PEERS) && $(PEERS)/bin/python -m pip install -q --disable-pip-version-check "openapi-spec-validator>=0.7"; fi || true
	SFSETUP_BENCH_PEER_PYTHON=$(PEERS)/bin/python $(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(PEERS) build dist .mypy_cache .ruff_cache .pytest_cache
