# Everything runs in .venv, which is made on first use and made again when the lock file changes.

PYTHON := python3
VENV := .venv
OUT := out
PORTFOLIO :=
REPORT_ARGS :=
ROSTER :=
SUBMISSIONS :=
GRADE_ARGS :=
LAB_IP := 127.0.0.1
LAB_ARGS :=
PYTEST_ARGS :=
# Each core runs one test file or notebook at a time; browser tests need much memory.
TEST_WORKERS := -n logical --maxprocesses 4 --dist loadfile
UPGRADE :=

READY := $(VENV)/.ready
CLASS_READY := $(VENV)/.ready-class
PY := $(VENV)/bin/python

# A learner's own Python settings must not reach into the workbook's environment.
unexport PYTHONHOME PYTHONPATH
export OUT PORTFOLIO ROSTER SUBMISSIONS

.DEFAULT_GOAL := help
.PHONY: help env lab test report class grade notebooks lint coverage bench soak mutants lock clean

help: ## show this list
	@echo "make TARGET, where TARGET is one of:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

env: $(READY) ## make the environment (.venv) from requirements.lock, nothing else
	@echo "the environment is ready: $(VENV)"

# The stamp says which folder it was made for: an environment cannot be moved.
ifneq ($(shell test -x $(PY) && cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif
$(READY): requirements.lock pyproject.toml scripts/make_env.py
	@mkdir -p work "$(OUT)"
	@"$(PYTHON)" scripts/make_env.py $(VENV) $(READY)

# Packages that only an instructor and the tests need; a learner's environment does not have them.
$(CLASS_READY): $(READY) requirements-class.lock
	@"$(PYTHON)" scripts/make_env.py $(VENV) $(CLASS_READY) --class

lab: $(READY) ## open the workbook in JupyterLab at the start page
	@mkdir -p work
	@echo "starting JupyterLab (stop it with Ctrl-C twice)"; \
	export JUPYTER_CONFIG_PATH="$(CURDIR)/etc/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}"; \
	exec $(PY) -m jupyterlab --ip=$(LAB_IP) --ServerApp.root_dir="$(CURDIR)" \
	  --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb \
	  $$([ "$$(id -u)" -ne 0 ] || echo --allow-root) $(LAB_ARGS)

# Kernels treat warnings as errors too, but for those that Python keeps from users by default:
# other people's packages raise them while they start.
STRICT := error,ignore::DeprecationWarning,ignore::PendingDeprecationWarning,ignore::ResourceWarning

test: $(CLASS_READY) ## run every check: every notebook, then unit tests, doctests, reports and browser
	@status=0; \
	PYTHONWARNINGS=$(STRICT) $(PY) -m pytest $(TEST_WORKERS) --nbval-lax --nbval-current-env \
	  --nbval-cell-timeout=600 notebooks || status=1; \
	$(PY) -m pytest $(TEST_WORKERS) $(PYTEST_ARGS) || status=1; \
	exit $$status

report: $(READY) ## write a hedge report: make report PORTFOLIO=data/portfolios/layer1.csv
	@if [ -z "$$PORTFOLIO" ]; then \
	  echo "which portfolio? make report PORTFOLIO=data/portfolios/layer1.csv" >&2; exit 2; \
	fi; \
	exec $(PY) -m hedgelib report --out "$$OUT" $(REPORT_ARGS) -- "$$PORTFOLIO"

class: $(CLASS_READY) ## make a class of students: make class ROSTER=roster.csv
	@if [ -z "$$ROSTER" ]; then \
	  echo "which students? make class ROSTER=roster.csv (columns id and name)" >&2; exit 2; \
	fi; \
	exec $(PY) -m hedgelib class --out "$$OUT" -- "$$ROSTER"

grade: $(CLASS_READY) ## grade what a class has handed in: make grade SUBMISSIONS=folder
	@if [ -z "$$SUBMISSIONS" ]; then \
	  echo "which submissions? make grade SUBMISSIONS=folder" >&2; exit 2; \
	fi; \
	exec $(PY) -m hedgelib grade --out "$$OUT" $(GRADE_ARGS) -- "$$SUBMISSIONS"

notebooks: $(READY) ## run every lesson again and save its outputs
	@$(PY) -m hedgelib.report.notebook
	@$(PY) -m hedgelib.course.notebooks
	@$(PY) scripts/readme_picture.py

lint: $(READY) ## check style and types: ruff, mypy
	@status=0; \
	$(PY) -m ruff check . || status=1; \
	$(PY) -m ruff format --check . || status=1; \
	$(PY) -m mypy || status=1; \
	exit $$status

coverage: $(READY) ## check that the tests cover every line and branch of the finance floors
	@$(PY) -m pytest -q --cov --cov-report=term-missing:skip-covered --cov-fail-under=100 \
	  --deselect tests/test_notebooks.py --deselect tests/test_setup.py tests/test_*.py

bench: $(CLASS_READY) ## compare the speed with alternatives, and write docs/benchmarks.md
	@$(PY) -m tests.benchmarks.bench

soak: $(READY) ## make a thousand reports under faults, and check that none is lost (long)
	@$(PY) -m tests.benchmarks.soak

mutants: $(READY) ## change the finance floors and check that a test detects it (long)
	@$(PY) scripts/mutants.py

lock: $(READY) ## update requirements.lock from pyproject.toml (UPGRADE=1: newest versions)
	@uv=$$(command -v uv || echo $(VENV)/bin/uv); \
	"$$uv" pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --quiet $(if $(UPGRADE),--upgrade) -o requirements.lock; \
	"$$uv" pip compile pyproject.toml --group dev --extra class --constraint requirements.lock \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --quiet | $(PY) scripts/what_is_added.py requirements.lock > requirements-class.lock

clean: ## remove the environment and the caches (never work/ or out/)
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
