# Every command of the project. `make` alone lists them; CI calls the same ones.
.DEFAULT_GOAL := help
BIN := .venv/bin
PYTEST ?=
BENCH ?=
FAULTS ?=
PRODUCTION ?=

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## Install what the service needs into .venv
	@scripts/setup.sh run

setup-dev:  ## Install what tests and checks need, too
	@scripts/setup.sh dev

run: setup  ## Start the service on this machine (PORT=8001 make run for another port)
	@$(BIN)/svgai serve

test: setup-dev  ## Run every test (PYTEST="-k name" for some)
	@scripts/setup.sh test-tools
ifeq ($(strip $(PYTEST)),)
	$(BIN)/python -m pytest -m together -n auto
	$(BIN)/python -m pytest -m "not together" --durations 25
else
	$(BIN)/python -m pytest $(PYTEST)
endif

faults: setup-dev  ## Break the service in every way of docs/FAULTS.md (FAULTS="R10 R14" for some)
	$(BIN)/python -m tests.faults $(FAULTS)

production-test: setup-dev  ## Deploy, break, roll back, back up and restore on this machine's Docker (PRODUCTION="-k broken" for some)
	$(BIN)/python -m pytest tests/production -v --tb=short $(PRODUCTION)

check: setup-dev  ## Format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: setup-dev  ## Measure tracers side by side (BENCH="FOLDER --tracer svgai --tracer potrace4x" for others)
	$(BIN)/python -m bench.trace --html reports/trace $(BENCH)

bench-service: setup-dev  ## Measure what the service costs beside the engine (BENCH="--rounds 3" is quicker)
	@scripts/setup.sh test-tools
	$(BIN)/python -m bench.service $(BENCH)

certify: setup-dev  ## Measure predictions over HTTP beside their targets, five minutes (BENCH="--swap-seconds 20" for less)
	$(BIN)/python -m bench.certification $(BENCH)

pictures: setup-dev  ## Draw the pictures in the README and in docs/ anew
	$(BIN)/python -m bench.picture
	$(BIN)/python -m bench.pipeline

migrate: setup  ## Bring the database up to date
	$(BIN)/alembic -c migrations/alembic.ini upgrade head

format: setup-dev  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

settings: setup  ## Write .env.example anew from the settings
	$(BIN)/python -m app.settings --example > .env.example

requirements: setup-dev  ## Pin the requirements anew from pyproject.toml
	scripts/compile_requirements.sh

clean:  ## Remove what was built, installed and kept here, the database too
	rm -rf .venv var build dist reports .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup setup-dev run test faults production-test check bench bench-service certify pictures migrate format settings requirements clean
