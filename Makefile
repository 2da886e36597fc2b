# A bare machine needs Python 3.11 or newer and make; everything else is installed into .venv.

PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# One more than cores: tests wait for processes and clocks as often as they compute.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')

.PHONY: help demo test lint types check bench chaos fuzz docs clean

help:
	@echo "make demo    encode one real clip with an embedded server, check it, report"
	@echo "make test    ruff, mypy and the whole test suite"
	@echo "make bench   the benchmarks, as ratios and growth curves"
	@echo "make chaos   200 jobs on 3 servers while all of them are killed and stopped at random"
	@echo "make fuzz    ten minutes of damaged messages, uploads, arguments and files"
	@echo "make docs    write the generated pages of docs/ anew"
	@echo "make clean   remove the environment and everything made here"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(INSTALL) -e '.[ffmpeg]'
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	$(INSTALL) -e '.[ffmpeg,gui,dev]'
	@touch $@ $(VENV)/installed

demo: $(VENV)/installed
	$(BIN)/python examples/demo.py

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

check: lint types

test: check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks

chaos: $(VENV)/installed-dev
	$(BIN)/python -m tests.faults.chaos $(CHAOS)

fuzz: $(VENV)/installed-dev
	$(BIN)/python -m tests.fuzz $(FUZZ)

docs: $(VENV)/installed-dev
	$(BIN)/pybabel -q compile -d src/ffx/gui_tk/locale -D ffx
	$(BIN)/python docs/generate.py
	KEEP_PICTURES=1 $(BIN)/python -m pytest -q tests/gui_tk

clean:
	rm -rf $(VENV) demo-out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
