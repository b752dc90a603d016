# make serve   set up .venv and serve on 127.0.0.1:8000
# make test    set up .venv-dev and run every test
# make test-gpu   the tests that need a CUDA device; without one they are skipped and say why
# make workshop-check   a short real distillation of the embedded student, until it serves; minutes
# make soak    minutes of random traffic, cancellations and unloads
# make bench-throughput (-gpu, -rivals, -sharing, -churn, -mixed, -growth, -startup, -memory)   measure; see docs/performance.md
# make rivals  compare LibreTranslate's dialect with the real server's, request by request; see docs/libretranslate.md
# make check   lint, types, import contracts and docs' promises, as CI does before the tests

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# Tests convert small checkpoints of other families, which takes torch; the server never does.
TORCH ?= torch==2.13.0
PIP = -m pip --disable-pip-version-check install --quiet
DEV = .venv-dev/bin

.DEFAULT_GOAL := help
.PHONY: help serve test test-gpu lint types contracts check format docker-check soak rivals workshop-check clean

help:
	@grep -E '^# make' Makefile | cut -c3-

.venv/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Babelpool needs Python 3.11 or newer; set PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv
	@echo "installing into .venv (about 300 MB, once)"
	.venv/bin/python $(PIP) --editable .
	@touch $@

.venv-dev/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Babelpool needs Python 3.11 or newer; set PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv-dev
	@echo "installing into .venv-dev (torch included: about 1.5 GB, once)"
	.venv-dev/bin/python $(PIP) $(TORCH)
	.venv-dev/bin/python $(PIP) --editable '.[dev]'
	@touch $@

serve: .venv/.installed
	.venv/bin/babelpool serve

test: .venv-dev/.installed
	$(DEV)/pytest

test-gpu: .venv-dev/.installed
	$(DEV)/pytest -m gpu tests/gpu

lint: .venv-dev/.installed
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .

types: .venv-dev/.installed
	$(DEV)/mypy

contracts: .venv-dev/.installed
	$(DEV)/lint-imports

check: lint types contracts

format: .venv-dev/.installed
	$(DEV)/ruff check --fix .
	$(DEV)/ruff format .

# Lints the Docker files, builds the image, runs it, asks it for a translation and stops it; see docs/docker.md.
docker-check:
	docker/check.sh

# One benchmark each; a table, and a PNG under benchmarks/results. `make bench-rivals` wants ARGS="--workdir DIR --setup".
# Run them on a quiet machine; docs/performance.md tells what each measures.
BENCHMARKS = startup throughput gpu rivals sharing churn mixed growth memory
$(BENCHMARKS:%=bench-%): bench-%: .venv-dev/.installed
	$(DEV)/python -m benchmarks.$* $(ARGS)

# Wants ARGS="--workdir DIR", the first time with --setup, which downloads LibreTranslate (1.4 GB).
rivals: .venv-dev/.installed
	$(DEV)/python -m benchmarks.dialect $(ARGS)

# In no other target, as it takes minutes: one test, by its path.
workshop-check: .venv-dev/.installed
	OMP_NUM_THREADS=2 $(DEV)/pytest tests/workshop_check.py

# Minutes of random traffic, cancellations and unloads; part of no other target.
soak: .venv-dev/.installed
	SOAK_SECONDS=120 $(DEV)/pytest -m slow tests/reliability

clean:
	rm -rf .venv .venv-dev build dist
