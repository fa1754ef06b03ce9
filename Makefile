# Two commands do everything: `make test` on a bare machine with Python 3.11 and a C library; `make check` for the fast checks.
PYTHON ?= python3
VENV = .venv/bin

.venv/.ready: requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(VENV)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

.PHONY: test check conformance lock
test: .venv/.ready
	timeout 1500 $(VENV)/python -m pytest --ignore=tests/adapters/event_log -p no:cacheprovider

check: .venv/.ready
	$(VENV)/ruff check .
	$(VENV)/mypy

conformance: .venv/.ready
	$(VENV)/python -m tests.conformance.runner

lock:
	$(VENV)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras -o requirements.txt requirements.in
	$(VENV)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras -o requirements-dev.txt requirements-dev.in
