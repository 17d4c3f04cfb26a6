# make run | build-sample | check | test | test-slow | clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: run build-sample check test test-slow clean

run: build-sample
	$(BIN)/gutbrain serve

build-sample: $(VENV)/.installed
	$(BIN)/gutbrain run

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

# Several processes share the tests: with two, they take about half the time.
test: $(VENV)/.installed-dev
	$(BIN)/pytest -n auto --maxprocesses 4

# Kills and crashes, many times over.
test-slow: $(VENV)/.installed-dev
	$(BIN)/pytest -n auto --maxprocesses 4 -m slow

$(VENV)/.installed: pyproject.toml
	@echo "Installing into $(VENV): about 720 MB, half a minute on a fast line"
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	@touch $@

# The tests train small models, so they need torch; the constraints say which build.
$(VENV)/.installed-dev: $(VENV)/.installed .ci/constraints.txt
	@echo "Installing what checks and tests need: about 1.5 GB more"
	$(PIP) --constraint .ci/constraints.txt --editable '.[dev,train]'
	@touch $@

clean:
	rm -rf $(VENV) dist data
