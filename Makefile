# Executable documentation: each target is what a person would type.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

BENCHES := $(patsubst bench/%.py,bench-%,$(wildcard bench/*.py))

.PHONY: demo install test check run crash stress soak model pictures mutants bench clean $(BENCHES)

demo: install  ## the whole service against a small local news site, without internet
	$(BIN)/python -m demo

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --only-binary=:all: --editable '.[dev]' \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

$(VENV)/.bench: $(VENV)/.installed  # what benches are measured against
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

$(VENV)/.mutants: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[mutants]'
	touch $@

test: install  ## every test, a file at a time on each core
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

check: install  ## what a change must pass: style, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

run: install  ## the daemon on ./config.yaml
	$(BIN)/news-monitor run

crash: install  ## kills a pass at every fsync and 200 times at random; takes some minutes
	PYTHONPATH=.:tests $(BIN)/python tests/journeys/crash.py $(KILLS)

stress: install  ## the suite three times in a row under a load of 20; takes about an hour
	$(BIN)/python tests/stress.py $(LOAD) $(TIMES)

soak: install  ## a hundred thousand polls: the daemon's memory and open files; takes some minutes
	PYTHONPATH=.:tests $(BIN)/python tests/journeys/soak.py $(POLLS)

pictures: install  ## the mails in docs/, as headless Chromium shows them
	$(BIN)/python tools/mail_pictures.py

model: install  ## a hundred thousand random steps against a naive model; takes some minutes
	PYTHONPATH=.:tests $(BIN)/python -m model $(or $(STEPS),100000) $(SEED)

mutants: $(VENV)/.mutants  ## small changes of core and store that no test notices; takes hours
	$(BIN)/python tools/mutants.py $(FOLDERS)

bench: $(VENV)/.bench  ## every figure of docs/performance.md in one table; a quarter of an hour
	$(BIN)/python bench/table.py

$(BENCHES): bench-%: $(VENV)/.bench  ## a table measured in one run
	$(BIN)/python bench/$*.py

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .mutants
