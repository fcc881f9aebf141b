# The daily commands. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export MAESTRO_DATA_DIR ?= $(CURDIR)/.maestro
pin = $(shell sed -n 's/^$(1)==\([^ ]*\).*/\1/p' requirements-dev.lock)

SAMPLE := build/sample
PYTEST := pytest -n 2 --dist loadgroup
RULES := build/protovalidate/proto/buf/validate/validate.proto

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.ready ## Make the virtual environment with everything in it

# uv takes seconds where pip takes a minute; pip stands in where uv finds no index. Byte code is made here, once:
# where PYTHONDONTWRITEBYTECODE is set, each service would compile what it imports at each start, for seconds.
$(VENV)/.ready: requirements-dev.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Maestro needs Python 3.11 or newer: make setup PYTHON=python3.11"; exit 1; }
	@echo "Installing dependencies into $(VENV) ..."
	@$(BIN)/pip install -q --disable-pip-version-check uv==$(call pin,uv)
	@$(BIN)/uv pip sync -q --system-certs --compile-bytecode --require-hashes requirements-dev.lock || $(BIN)/pip install -q --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/uv pip install -q --no-deps --no-build-isolation --offline -e .
	@touch $@

.PHONY: heal
heal: setup ## Heal the sample project: the main job, start to end
	@rm -rf $(SAMPLE) $(SAMPLE).xml && python examples/make_sample.py $(SAMPLE)
	@maestro heal $(SAMPLE) --base last-good --junit $(SAMPLE).xml || test $$? -eq 1
	@python examples/check_sample.py $(SAMPLE).xml

.PHONY: test
test: setup ## Run the whole test suite; it needs no server
	@$(PYTEST) tests

.PHONY: test-servers
test-servers: setup ## Run the integration tests on PostgreSQL and Redis: `.ci/servers make test-servers` brings both
	@test -n "$$MAESTRO_TEST_DATABASE_URL" -a -n "$$MAESTRO_TEST_REDIS_URL" || { echo "Set MAESTRO_TEST_DATABASE_URL and MAESTRO_TEST_REDIS_URL to servers that the tests may use."; exit 2; }
	@$(PYTEST) tests/integration

.PHONY: coverage
coverage: setup ## Run the whole test suite and report what it covers
	@$(PYTEST) --cov --cov-report=term tests

.PHONY: lint
lint: setup ## Check style, layers and contracts
	@ruff check . && ruff format --check . && lint-imports && $(MAKE) -s lint-proto

.PHONY: lint-proto
lint-proto: setup $(RULES)
	@buf format -d --exit-code proto && buf lint && buf breaking proto --against proto/released.binpb

.PHONY: format
format: setup ## Put code and contracts into shape
	@ruff check --fix . ; ruff format . && buf format -w proto

.PHONY: types
types: setup ## Check types, strictly
	@mypy --strict services clients

.PHONY: gen
gen: setup $(RULES) ## Make the stubs in gen/ from the contracts in proto/
	@buf generate 2> build/gen.log || { cat build/gen.log; exit 1; }
	@find gen -name '*_pb2_grpc.pyi' | while read -r stub; do test -f "$${stub%i}" || rm "$$stub"; done

# The rules' vocabulary comes with the library that checks them, at the version that is pinned.
$(RULES): requirements-dev.lock | $(VENV)/.ready
	@rm -rf build/protovalidate && mkdir -p build/protovalidate build/sdist
	@$(BIN)/pip download -q --disable-pip-version-check --no-deps --no-binary protovalidate -d build/sdist protovalidate==$(call pin,protovalidate)
	@tar xzf build/sdist/protovalidate-$(call pin,protovalidate).tar.gz -C build/protovalidate --strip-components=1 --wildcards '*/proto/buf/validate/validate.proto'
	@touch $@

.PHONY: docs
docs: setup ## Write the settings table and .env.example from the settings
	@python docs/settings_table.py

.PHONY: lock
lock: setup ## Resolve the dependencies anew into the lock files
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

.PHONY: bench-rpc
bench-rpc: setup ## Measure a unary call beside FastAPI and uvicorn
	@python -m benchmarks.rpc

.PHONY: bench-skew
bench-skew: setup ## Heal releases of real packages (SKEW=path of release_skew.tsv)
	@python -m benchmarks.release_skew

.PHONY: bench-seeded
bench-seeded: setup ## Heal seeded slips, surroundings and waits, and bugs that look like them (SEED=1)
	@python -m benchmarks.seeded $(if $(SEED),--seed $(SEED))

.PHONY: bench-orders
bench-orders: setup ## Heal tests that depend on each other, in real suites (ORDERS=12 other orders of each)
	@python -m benchmarks.order_dependence $(if $(ORDERS),--orders $(ORDERS))

.PHONY: bench-regressions
bench-regressions: setup ## Heal bugs that were planted in real packages: each heal is a false one (SAMPLE=100 of them)
	@python -m benchmarks.regressions $(if $(SAMPLE),--sample $(SAMPLE))

.PHONY: bench-heal
bench-heal: setup ## Measure all of healing in one table, with the calibration (SAMPLE=100 planted bugs)
	@python -m benchmarks.heal $(if $(SAMPLE),--sample $(SAMPLE))

.PHONY: bench-guard
bench-guard: setup ## Run the guard on a corpus of honest and weakened changes (CORPUS=path of corpus.py, MUTANTS=3 of each kind)
	@python -m benchmarks.guard $(if $(CORPUS),--maker $(CORPUS) --pairs $(dir $(CORPUS))../healing/release_skew.tsv)
	@$(if $(and $(CORPUS),$(MUTANTS)),python -m benchmarks.guard.mutation --corpus build/guard/guard-1.jsonl.gz --data $(dir $(CORPUS))../healing --each $(MUTANTS))

.PHONY: bench-scale
bench-scale: setup ## Heal suites of which ever more tests fail of the same three causes
	@python -m benchmarks.scale

.PHONY: clean
clean: ## Take away everything that was built
	@rm -rf $(VENV) build dist .maestro .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage*
