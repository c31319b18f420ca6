# Thin names for commands that also work without make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test bench crash powerloss publish clean

demo: $(READY)
	$(BIN)/tongban demo

test: $(READY)
	$(BIN)/python -m tests.check

bench: $(READY)
	$(BIN)/python -m tests.bench.pipeline

crash: $(READY)
	$(BIN)/python -m tests.fault.crash --kills 20 --seed 1

powerloss: $(READY)
	$(BIN)/python -m tests.fault.powerloss --seeds 150

publish: $(READY)
	$(BIN)/python -m contracts.publish
	$(BIN)/python -m gateway.api.openapi

$(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "缺少 $(PYTHON):apt-get install python3  (missing $(PYTHON))"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 以上 (Python 3.11 or later is needed)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "缺少 venv:apt-get install python3-venv  (missing python3-venv)"; exit 1; }
	@command -v git >/dev/null || { echo "缺少 git:apt-get install git  (missing git)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,fast]'
	@touch $(READY)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
