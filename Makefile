# Everything one does with this project. `make run` is all a newcomer needs.

# The first Python on the path that is new enough; PYTHON=… chooses another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$name; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps
UV := build/lock/bin/uv
# One test more than there are processors: some wait for a browser.
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))
COMPILE := $(UV) --no-config pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-emit-index-url --quiet \
	--custom-compile-command "make lock" $(UPGRADE)

.PHONY: run audio test lint bench lock clean

## run: install if needed, start the app, open the browser (ARGS="--port 9000 --no-browser")
run: .venv/run.stamp
	@exec $(BIN)/runsous serve $(ARGS)

## audio: what `runsous analyse` needs, about 400 MB
audio: .venv/run.stamp
	@$(PIP) --require-hashes -r requirements-audio.lock

## test: the whole test suite (ARGS="tests/store -x")
test: .venv/test.stamp
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

## lint: format, rules, types, and which part may import which
lint: .venv/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## bench: the figures in the README
bench: .venv/test.stamp
	$(BIN)/python -m benchmarks $(ARGS)

## lock: pin what pyproject.toml asks for (UPGRADE=--upgrade takes the newest)
lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check install --quiet uv
	$(COMPILE) --output-file requirements.lock >/dev/null
	$(COMPILE) --extra audio --constraints requirements.lock \
		--output-file requirements-audio.lock >/dev/null
	$(COMPILE) --extra test --extra audio --constraints requirements-audio.lock \
		--output-file requirements-test.lock >/dev/null

## clean: remove what was installed and built; your data stays
clean:
	rm -rf .venv build dist test-results .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis

.venv/run.stamp: requirements.lock pyproject.toml
	@$(if $(PYTHON),,echo "Run Sous BPM needs Python 3.11 or newer; install it from" \
		"https://www.python.org/downloads/ and try again." >&2; exit 1)
	@echo "Installing Run Sous BPM into .venv, which takes a minute or two the first time."
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements-test.lock
	@$(PIP) --require-hashes -r requirements-test.lock
	@touch $@
