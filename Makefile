# proofhead: every target sets up .venv first, if it is missing or out of date.
#
#   make audit ARGS="--json"                  more arguments for the command behind a target
#   make fuzz ARGS="--seconds 3600 --keep DIR"
#   make PYTHON=python3.12 audit              another interpreter (3.11 or newer)
#   make PIP_FLAGS="--find-links DIR" audit   more flags for pip, say to prefer a local torch wheel
#   make CONSTRAINTS= audit                   without the pinned versions: keeps, or takes, your own torch

PYTHON      ?= python3
VENV        ?= .venv
CONSTRAINTS ?= constraints.txt
PIP_FLAGS   ?=
ARGS        ?=

# Where python3 is too old, a newer one beside it will do; one that was named is taken at its word.
INTERPRETERS = $(PYTHON) $(if $(filter file,$(origin PYTHON)),python3.13 python3.12 python3.11)

BIN         := $(VENV)/bin
STAMP       := $(VENV)/.proofhead-installed
BENCH_STAMP := $(VENV)/.proofhead-bench-installed
FUZZ_STAMP  := $(VENV)/.proofhead-fuzz-installed
PIP_INSTALL  = $(BIN)/python -m pip install --quiet --disable-pip-version-check \
               $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) $(PIP_FLAGS)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help setup audit test lint bench fuzz certify clean

help:  ## list the targets
	@echo "proofhead: make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1 \2/p' $(firstword $(MAKEFILE_LIST)) \
	  | awk '{ name = $$1; $$1 = ""; printf "  %-7s%s\n", name, $$0 }'

setup: $(STAMP)  ## create .venv with the pinned versions, nothing else

audit: $(STAMP)  ## derive and prove every law of the catalogue, and cross-check it
	@echo "==> audit: deriving and proving every law of the catalogue"
	@$(BIN)/proofhead audit $(ARGS)

test: $(STAMP)  ## run the test suite
	@echo "==> test: running the test suite"
	@$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(STAMP)  ## style, format, types and who may import whom
	@echo "==> lint: ruff check (style)"
	@$(BIN)/ruff check .
	@echo "==> lint: ruff format --check (layout)"
	@$(BIN)/ruff format --check .
	@echo "==> lint: pyright (types)"
	@$(BIN)/pyright
	@echo "==> lint: lint-imports (who may import whom)"
	@$(BIN)/lint-imports

bench: $(BENCH_STAMP)  ## measure ours beside its peers, each pair in one run
	@echo "==> bench: measuring ours beside its peers"
	@$(BIN)/python -m benchmarks $(ARGS)

fuzz: $(FUZZ_STAMP)  ## feed damaged documents to the reader, a minute unless told otherwise
	@echo "==> fuzz: feeding damaged documents to the reader"
	@$(BIN)/python tests/proofs_checks/claims/fuzz_reading.py $(ARGS)

certify: $(STAMP)  ## let Coq's kernel check every law (needs coq and libcoq-coquelicot)
	@command -v coqc >/dev/null || { echo "certify needs coqc; on Debian:" \
	  "apt-get install --no-install-recommends coq libcoq-coquelicot" >&2; exit 1; }
	@echo "==> certify: writing every law as a Coq theorem and checking it with coqc"
	@$(BIN)/python -m benchmarks.certificates $(ARGS)

clean:  ## remove .venv and every cache
	@echo "==> clean: removing $(VENV) and the caches"
	@rm -rf "$(VENV)" build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an interrupted set-up is done again.
$(STAMP): pyproject.toml $(CONSTRAINTS)
	@rm -f $(STAMP) $(BENCH_STAMP) $(FUZZ_STAMP)
	@if "$(BIN)/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  echo "==> setup: updating $(VENV)"; \
	else \
	  found=; \
	  for candidate in $(INTERPRETERS); do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	      found="$$candidate"; break; \
	    fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "setup needs Python 3.11 or newer; '$(PYTHON)' says: $$($(PYTHON) --version 2>&1)" >&2; \
	    echo "Install one and name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
	    exit 1; \
	  fi; \
	  if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "setup needs the venv module, and '$$found' comes without it." >&2; \
	    echo "On Debian or Ubuntu: apt-get install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	  echo "==> setup: creating $(VENV) with $$("$$found" --version)"; \
	  "$$found" -m venv --clear "$(VENV)"; \
	fi
	@echo "==> setup: installing proofhead and its pinned dependencies (minutes the first time)"
	@$(PIP_INSTALL) -e ".[test]"
	@touch $(STAMP)

$(BENCH_STAMP): $(STAMP)
	@echo "==> setup: installing the peers that the benchmarks measure"
	@$(PIP_INSTALL) -e ".[bench]"
	@touch $(BENCH_STAMP)

# Where there is no wheel of atheris for this Python, the fuzzing is not guided by coverage.
$(FUZZ_STAMP): $(STAMP)
	@echo "==> setup: installing the fuzzer"
	@$(PIP_INSTALL) --only-binary atheris -e ".[fuzz]" || echo "no fuzzer for $$($(BIN)/python --version)"
	@touch $(FUZZ_STAMP)
