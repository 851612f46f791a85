# Two commands: `make demo` shows the tool on a real clip, `make test` runs the tests.
# Both set up .venv first when it is missing or older than setup.cfg.

SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3.10 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The version that the tests run on. TORCH_INDEX=ADDRESS takes it from another package index: the
# PyTorch project keeps one for CPU builds, which are a tenth of the download (see README).
TORCH ?= torch==2.13.0
TORCH_INDEX ?=

CLIP := examples/.cache/demo.mp4
OUT := examples/out
DEMO := $(OUT)/demo3d.mp4 $(OUT)/demo3d.npy $(OUT)/demo3d.bvh

.PHONY: help demo test lint setup clean

help:
	@echo "make demo   install into .venv, fetch the example clip, lift it to 3D"
	@echo "make test   install into .venv if needed, run the tests"
	@echo "make lint   ruff and mypy"
	@echo "make clean  remove .venv, the example clip and its outputs"

demo: $(READY) $(CLIP)
	@mkdir -p $(OUT)
	$(BIN)/glagcn-video $(CLIP) --people all $(addprefix -o ,$(DEMO)) --overwrite > /dev/null
	@echo
	@echo "Side by side:  $(OUT)/demo3d.mp4"
	@echo "Joints:        $(OUT)/demo3d.npy   (frames, 17, 3) metres"
	@echo "Motion:        $(OUT)/demo3d.bvh   (Blender: File > Import > Motion Capture)"
	@echo "               and .person2.npy, .person2.bvh of the woman who walks by"
	@echo "Report:        $(OUT)/demo3d.run.json"

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy glagcn_cli training weights
	$(BIN)/mypy benchmarks examples

setup: $(READY)

$(READY): setup.cfg pyproject.toml
	@test -n "$(PYTHON)" || { echo "No python3 found: install Python 3.11 or 3.10."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 11)))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) -V); glagcn needs Python 3.11 or 3.10 (its pose libraries"; \
	  echo "do not install on later ones). Name one: make PYTHON=/path/to/python3.11 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made; on Debian and Ubuntu this helps:"; \
	  echo "  apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV): 2 to 5 minutes the first time."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$(TORCH)"
	@# chumpy has no build metadata: with wheel there, an older pip builds it without a warning.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check wheel "setuptools<82"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	@$(BIN)/python -m glagcn_cli.system_libraries
	@touch $(READY)

$(CLIP): $(READY)
	$(BIN)/python examples/fetch_clip.py $(CLIP)

clean:
	rm -rf $(VENV) examples/.cache $(OUT)
