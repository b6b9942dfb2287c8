# `make run` and `make test` do everything on a fresh machine; `make help` lists the rest.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
# Some shells forbid Python to keep what it has compiled; the tests alone start hundreds of servers.
unexport PYTHONDONTWRITEBYTECODE

# Not `?=`: many shells export HOST with the machine's name, which is not where to listen.
HOST = 127.0.0.1
PORT = 8000
WORKERS = 1
DEMO = 1
DATA = $(or $(TOUCHLINE_DATA_DIR),data)
# Tests run beside each other, more than there are cores: most of their time they wait.
PROCESSES = 4
# For pytest: make test TESTS=tests/unit/scoring ARGS="-k cricket". The quick ones come first.
TESTS = tests/unit tests/conformance tests/integration tests/e2e
ARGS =

BIN := .venv/bin
STAMPS := build/stamps
STATIC := src/touchline/static

# Everything the pages are built from. What npm and the tests leave behind is no source.
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/test-results/*' 2>/dev/null)

# A stamp tells that a step was done; what the step made may have been deleted since.
$(if $(wildcard $(BIN)/touchline),,$(shell rm -f $(STAMPS)/python))
$(if $(wildcard web/node_modules),,$(shell rm -f $(STAMPS)/npm))
$(if $(wildcard $(STATIC)/index.html),,$(shell rm -f $(STAMPS)/web))

.PHONY: help
help: ## List the targets
	@echo "Touchline. The two commands that matter: make run, make test"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  %-14s %s\n", $$1, $$2}'

# Set-up

.PHONY: setup
setup: $(STAMPS)/python $(STAMPS)/web ## Install everything that is locked and build the pages
	@:

$(STAMPS)/python: requirements/uv.txt requirements/dev.txt pyproject.toml scripts/bootstrap.py
	@mkdir -p $(STAMPS)
	@python=$$(scripts/find-python) \
		&& PYTHON="$$python" scripts/system-tools venv \
		&& echo "Installing the locked Python packages into .venv" \
		&& "$$python" scripts/bootstrap.py
	@scripts/system-tools redis
	@touch $@

$(STAMPS)/npm: web/package.json web/package-lock.json web/.npmrc
	@mkdir -p $(STAMPS)
	@scripts/check-node
	@echo "Installing the locked Node packages into web/node_modules"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMPS)/web: $(STAMPS)/npm $(WEB_SOURCES)
	@echo "Building the pages into $(STATIC)"
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@

# Running

.PHONY: run
run: setup ## Start the server: HOST= PORT= WORKERS= DATA=; DEMO=0 starts empty
	@TOUCHLINE_DATA_DIR="$(DATA)" exec $(BIN)/touchline serve \
		--host "$(HOST)" --port "$(PORT)" --workers "$(WORKERS)" $(if $(filter-out 0 no false,$(DEMO)),--demo)

# Quality

.PHONY: check
check: setup ## All that is checked without running: style, types, import directions, contracts, pages
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/lint-imports --no-cache >build/lint-imports.log 2>&1 || { cat build/lint-imports.log; exit 1; }
	$(BIN)/mypy --no-error-summary
	$(BIN)/touchline export-contracts --check
	cd web && npm run --silent check

.PHONY: fmt
fmt: setup ## Put the code into its form
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format --quiet .
	cd web && npm run --silent fmt

.PHONY: test-tools
test-tools:
	@scripts/system-tools redis postgres chromium ffmpeg mpv nginx ezstream liquidsoap streamripper

.PHONY: test-unit
test-unit: setup ## The quick tests, which need no other program
	$(BIN)/pytest tests/unit --numprocesses $(PROCESSES) --dist worksteal $(ARGS)
	cd web && npm test --silent

# One run of pytest, the quick tests first, so that its summary is of the whole and comes last.
.PHONY: test
test: setup test-tools check docs ## Everything that CI runs: check, docs, pages' tests, then all of pytest
	cd web && npm test --silent
	$(BIN)/pytest $(TESTS) --numprocesses $(PROCESSES) --dist worksteal -ra $(ARGS)

# Counting lines doubles what the tests cost, so it is no part of them.
.PHONY: coverage
coverage: setup test-tools ## All of pytest, and which lines it reaches
	$(BIN)/pytest $(TESTS) --numprocesses $(PROCESSES) --dist worksteal --cov --cov-report=term:skip-covered $(ARGS)

.PHONY: docs
docs: setup ## Build the documentation into site/
	@# Not --quiet: with it, --strict counts no warnings. The variable silences an advertisement of the theme.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.PHONY: screenshots
screenshots: setup test-tools ## Take the pictures of the README from a server of its own with the demo
	$(BIN)/python scripts/screenshots.py

# Upkeep

.PHONY: contracts
contracts: setup ## Export the contracts to docs/reference and web/src/contracts
	$(BIN)/touchline export-contracts

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header$(if $(UPGRADE), --upgrade)

.PHONY: lock
lock: ## Renew the lock files after a change of pyproject.toml or package.json; UPGRADE=1 takes newer versions
	@test -x $(BIN)/uv || { python=$$(scripts/find-python) && "$$python" scripts/bootstrap.py; }
	$(COMPILE) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) pyproject.toml -o requirements/app.txt
	$(COMPILE) pyproject.toml --group dev -c requirements/app.txt -o requirements/dev.txt
	cd web && npm $(if $(UPGRADE),update,install) --package-lock-only --no-audit --no-fund

.PHONY: clean
clean: ## Remove all that was generated or installed here; data/ stays
	rm -rf .venv web/node_modules web/test-results web/dist $(STATIC) build dist site test-results htmlcov \
		.coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests migrations bench scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: distclean
distclean: ## Also remove data/, with every account and recording in it; asks first, YES=1 does not
	@test -n "$(YES)" || { printf 'Delete %s for good? [y/N] ' "$(DATA)" && read -r answer && [ "$$answer" = y ]; }
	@$(MAKE) --no-print-directory clean
	rm -rf -- "$(DATA)"
