# Two targets do everything on a machine with Python 3.11+ and make: `make demo`, `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint docs coverage bench instructions fuzz pages pins clean

demo: $(VENV)/ready
	@$(BIN)/python examples/demo.py

test: $(VENV)/ready
	$(BIN)/python -m pytest

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@if $(BIN)/pyright --version >/dev/null 2>&1; then $(BIN)/pyright --pythonpath $(BIN)/python; \
	else echo "**** NOT PROVED: the types with pyright, which could not be fetched by npm ****"; fi

# The site, strictly: a warning ends it, and so does a dead link or anchor of the pages as they were built.
docs: $(VENV)/ready
	rm -rf build/site
	$(BIN)/python -m sphinx -q -W --keep-going -E -j auto -c docs -d build/doctrees . build/site
	ERRNORM_SITE=build/site $(BIN)/python -m pytest -q tests/test_site.py
	@echo "The site is in build/site: open build/site/index.html."

coverage: $(VENV)/ready
	$(BIN)/python -m coverage run -m pytest -q tests
	$(BIN)/python -m coverage report --skip-covered

bench: $(VENV)/ready
	$(BIN)/pip install --quiet --group bench
	$(BIN)/python -m compileall -q errnorm # as pip does with a wheel: nobody starts from source
	$(BIN)/python benchmarks/run.py --write

instructions: $(VENV)/ready
	$(BIN)/pip install --quiet --group bench
	$(BIN)/python benchmarks/instructions.py --write

# Half an hour with the fixtures as seeds; findings lie under .fuzz/findings. Linux, Python 3.11 to 3.13.
FUZZ_SECONDS ?= 1800
fuzz: $(VENV)/ready
	$(BIN)/pip install --quiet --group fuzz
	$(BIN)/python tests/fuzz.py -max_total_time=$(FUZZ_SECONDS)
	@test ! -d .fuzz/findings || { echo "findings:"; ls .fuzz/findings; exit 1; }

# The exact versions and hashes that CI installs, for every Python from 3.11 on.
pins: $(VENV)/ready
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --upgrade -o requirements/ci.txt

pages: $(VENV)/ready
	@$(BIN)/python docs/make_reference.py

# pip 25.1 is the first that reads [dependency-groups].
$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --editable ".[all]" --group dev
	@touch $@

clean:
	rm -rf $(VENV) .fuzz dist build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
