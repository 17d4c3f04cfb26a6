# make run | build-sample | check | test | test-slow | lock | audit | clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: run build-sample check test test-slow lock audit clean

run: build-sample
	$(BIN)/gutbrain serve

# The bundled sample, where there is no graph yet: never among papers of yours.
build-sample: $(VENV)/.installed
	[ -e "$${GUTBRAIN_DATA:-data}/graph/CURRENT" ] || [ -n "$$GUTBRAIN_STORE" ] || $(BIN)/gutbrain run

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

# What the image is built of: exact versions with hashes, for every platform. Commit the result.
lock: $(VENV)/.installed
	$(PIP) uv
	printf 'hatchling\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make lock' --output-file docker/requirements.lock pyproject.toml -

# Known faults of what the image is built of; where the database cannot be reached, that is said.
audit: $(VENV)/.installed
	$(PIP) pip-audit
	$(BIN)/pip-audit --require-hashes --disable-pip --progress-spinner off --requirement docker/requirements.lock

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
	rm -rf $(VENV) dist
