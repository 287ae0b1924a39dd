# Two commands matter: `make run` and `make test`. Everything they make is taken away by `make clean`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := uv==0.13.9
# uv takes seconds where pip takes a minute; pip stands in where only pip knows the way to a package index.
install = $(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes $(1) \
  || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1)
install_ours = $(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e . \
  || $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .

.PHONY: run test histories orders check airflow docs messages lock bom clean

run: $(VENV)/.run-installed
	@$(BIN)/python -m demo.night

airflow: $(VENV)/.run-installed
	@$(BIN)/python -m demo.standalone

test: $(VENV)/.test-installed check
	@tests/install-system-packages
	$(BIN)/python -m pytest -n 3 --dist worksteal

# A department that lies, for as long as one likes: make histories MINUTES=60
MINUTES ?= 10
histories: $(VENV)/.test-installed
	@$(BIN)/python -W ignore -m tests.histories $(MINUTES)

# The same batches in as many drawn orders as one likes: make orders EXAMPLES=10000
EXAMPLES ?= 1000
orders: $(VENV)/.test-installed
	LICEX_ORDERS=$(EXAMPLES) $(BIN)/python -m pytest -q tests/exchange_db/test_any_order.py

check: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict sources .yamllint.yaml
	$(BIN)/licex check
	$(BIN)/python .ci/dependencies.py check
	$(BIN)/python .ci/messages.py check
	@rm -rf .run/docs && $(BIN)/licex docs .run/docs > /dev/null && cd .run/docs && for page in $$(find . -type f); do \
	  diff -u ../../docs/$$page $$page || { echo "docs/$$page: expected what the code says, found another text; run make docs"; exit 1; }; done

docs: $(VENV)/.test-installed
	$(BIN)/licex docs docs

# The catalogue takes in what the code says; what is new there wants a translation.
messages: $(VENV)/.test-installed
	$(BIN)/python .ci/messages.py update

# The lock files hold every version and hash; `make lock` takes the newest that fit pyproject.toml.
lock: $(VENV)/.uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade pyproject.toml --extra test --extra workers -c requirements.lock -o requirements-test.lock
	$(BIN)/python .ci/dependencies.py bom

# The software bill of materials of the lock file that is there.
bom: $(VENV)/.uv
	$(BIN)/python .ci/dependencies.py bom

$(VENV)/.uv:
	@echo "making $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "expected Python 3.11 or newer, found " + sys.version.split()[0] + "; name one: make PYTHON=python3.12 run")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check $(UV)
	@touch $@

# A command would compile what it imports every time where the environment keeps Python from caching byte code, as images of containers do.
cache_byte_code = PYTHONDONTWRITEBYTECODE= $(BIN)/python -W ignore -c 'import cli.main; from pipeline.preload import preload; preload()'

$(VENV)/.run-installed: requirements.lock pyproject.toml | $(VENV)/.uv
	@echo "installing what requirements.lock names"
	@test -e $(VENV)/.test-installed || $(call install,requirements.lock)
	@$(install_ours)
	@$(cache_byte_code)
	@touch $@

$(VENV)/.test-installed: requirements-test.lock pyproject.toml | $(VENV)/.uv
	@echo "installing what requirements-test.lock names"
	@$(call install,requirements-test.lock)
	@$(install_ours)
	@$(cache_byte_code)
	@touch $@ $(VENV)/.run-installed

clean:
	rm -rf $(VENV) .run build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
