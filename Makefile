# Two commands do everything on a bare machine with Python 3.11 and make: `make up` runs the product, `make test` passes the tests.
# `make up LOG=kafka` runs it on an Apache Kafka of its own. EVENKEEL_PORT and EVENKEEL_DATA move it.
PYTHON ?= python3
LOG ?=
LOOPBACK = localhost,127.0.0.0/8,::1
VENV = .venv/bin

.PHONY: up down restart test check conformance bench drill simulate lock
up: .venv/.runtime
	@EVENKEEL_LOG="$(or $(LOG),$(EVENKEEL_LOG))" EVENKEEL_ALLOWED_HOSTS="$(or $(EVENKEEL_ALLOWED_HOSTS),$(LOOPBACK))" exec $(VENV)/evenkeel up

down: .venv/.runtime
	@$(VENV)/evenkeel down

# Replaces every process, one after the other; called from another tree it upgrades the running installation to that tree.
restart: .venv/.runtime
	@$(VENV)/evenkeel restart

test: .venv/.ready
	timeout 1500 $(VENV)/python -m pytest -p no:cacheprovider -n 2 --dist loadgroup --no-loadscope-reorder

check: .venv/.ready
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports --no-logo
	$(VENV)/python -m pytest -m "not slow" -p no:cacheprovider tests/domain tests/gateways/ingest tests/gateways/channels

conformance: .venv/.ready
	$(VENV)/python -m tests.conformance.runner

bench: .venv/.ready
	$(VENV)/python -m tests.benchmarks $(ONLY)

# `make drill CONTACTS=100000 LOG=kafka KILL=1`
drill: .venv/.runtime
	$(VENV)/evenkeel drill poll --contacts $(or $(CONTACTS),5000) --log $(or $(LOG),postgres) $(if $(KILL),--kill)

simulate: .venv/.ready
	$(VENV)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000))

lock:
	$(VENV)/pip install -q --disable-pip-version-check pip-tools
	$(VENV)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras -o requirements.txt requirements.in
	$(VENV)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras -o requirements-dev.txt requirements-dev.in

.venv/bin/evenkeel:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Evenkeel needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make up PYTHON=python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments (ensurepip is missing). On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	@printf '#!/bin/sh\nroot=$$(cd "$$(dirname "$$0")/../.." && pwd)\nPYTHONPATH="$$root" exec "$$root/.venv/bin/python" -m gateways.cli.main "$$@"\n' > $@
	@chmod +x $@

.venv/.runtime: requirements.txt | .venv/bin/evenkeel
	$(VENV)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.ready: requirements-dev.txt | .venv/bin/evenkeel
	$(VENV)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/.runtime
