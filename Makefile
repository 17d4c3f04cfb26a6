# make run | build-sample | check | test | clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A constraints file, where present, pins what one machine needs (a local build of a library).
PIP := $(BIN)/pip install --quiet --disable-pip-version-check $(if $(wildcard constraints.txt),-c constraints.txt)

.PHONY: run build-sample check test clean

run: build-sample
	$(BIN)/gutbrain serve

build-sample: $(VENV)/.installed
	$(BIN)/gutbrain run

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

test: $(VENV)/.installed-dev
	$(BIN)/pytest

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) dist data
