# Two commands: `make demo` shows the tool on a real clip, `make test` runs the tests.
# Both set up .venv first when it is missing or older than setup.cfg.

SHELL := /bin/sh
# The system's own Python where it suits, else the newest that does.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$python check_python.py > /dev/null 2>&1 && echo $$python && exit; done; echo python3)
endif
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS_READY := $(VENV)/.tests_ready
DOCS_READY := $(VENV)/.docs_ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The version that the tests run on. TORCH_INDEX=ADDRESS takes it from another package index.
# Without an NVIDIA card, Linux takes the CPU build from the PyTorch project's own index, a tenth of
# the download. Where that index cannot be reached, pip goes on with the build it finds elsewhere.
TORCH ?= torch==2.13.0
TORCH_INDEX ?=
TORCH_CPU := https://download.pytorch.org/whl/cpu
NO_CARD = $(shell uname -s | grep -qx Linux && ! nvidia-smi -L > /dev/null 2>&1 && echo yes)
FROM_INDEX = $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX),$(if $(NO_CARD),--extra-index-url $(TORCH_CPU)))

CLIP := examples/.cache/demo.mp4
OUT := examples/out
SITE := build/docs

.PHONY: help demo test check lint docs setup clean

help:
	@echo "make demo   install into .venv, fetch the example clip, lift it to 3D"
	@echo "make test   install into .venv if needed, run the tests"
	@echo "make check  lint, types, and the tests that are not slow"
	@echo "make lint   ruff and mypy"
	@echo "make docs   install what builds the pages, write them to $(SITE)"
	@echo "make clean  remove .venv, the example clip and its outputs"

demo: $(READY)
	$(BIN)/glagcn-demo --clip $(CLIP) --output-dir $(OUT)

# Files of tests are shared out over the cores; a process may take more than 1 GB of memory.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test: $(TESTS_READY)
	$(PYTEST)

check: lint
	$(PYTEST) -m "not slow"

lint: $(TESTS_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy glagcn_cli training weights
	$(BIN)/mypy benchmarks examples

# A warning is an error. -E and -a read and write every page again: an unchanged page would not warn.
# Pages link to the source, so the root of the repository is their folder.
docs: $(DOCS_READY)
	$(BIN)/python -m sphinx -W --keep-going --quiet -E -a -c docs -d build/doctrees . $(SITE)
	@echo "Open $(SITE)/index.html"

setup: $(READY)

$(READY): setup.cfg pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON): install Python 3.11 to 3.14."; exit 1; }
	@$(PYTHON) check_python.py
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV): 2 to 5 minutes the first time."
	@# Its dependencies come with the next line: that index is asked for torch alone.
	$(PIP) --no-deps $(FROM_INDEX) "$(TORCH)"
	$(PIP) -e .
	@# Without its dependencies: pip cannot install MMPose's (docs/dependencies.md).
	$(PIP) --no-deps $$($(BIN)/python -c "from glagcn_cli.detection.openmmlab.mmpose_package import REQUIREMENTS; print(*REQUIREMENTS)")
	@$(BIN)/python -m glagcn_cli.machine.system_libraries
	@touch $(READY)

$(TESTS_READY): $(READY)
	$(PIP) -e ".[test]"
	@touch $(TESTS_READY)

$(DOCS_READY): $(READY)
	$(PIP) -e ".[docs,train]"
	@touch $(DOCS_READY)

clean:
	rm -rf $(VENV) examples/.cache $(OUT) build/docs build/doctrees
