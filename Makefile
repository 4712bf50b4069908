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
QUICK := beta carry cases check choice coins contracts margin names paths plan portfolio replay scenario

# What a learner needs; every extra; what the checks need.
READY := $(VENV)/.ready
ALL_READY := $(VENV)/.ready-all
DEV_READY := $(VENV)/.ready-dev
PY := $(VENV)/bin/python

# A learner's own Python settings must not reach into the workbook's environment.
unexport PYTHONHOME PYTHONPATH
export OUT PORTFOLIO ROSTER SUBMISSIONS

.DEFAULT_GOAL := help
.PHONY: help env lab test check report class grade notebooks site lint coverage bench soak mutants lock clean

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

$(ALL_READY): $(READY) requirements-all.lock
	@"$(PYTHON)" scripts/make_env.py $(VENV) $(ALL_READY) requirements-all.lock

$(DEV_READY): $(ALL_READY) requirements-dev.lock
	@"$(PYTHON)" scripts/make_env.py $(VENV) $(DEV_READY) requirements-dev.lock

lab: $(READY) ## open your copy of the lessons (in work/) in JupyterLab
	@exec $(PY) -m hedgelib lab work --ip=$(LAB_IP) $(LAB_ARGS)

# Kernels treat warnings as errors too, but for those that Python keeps from users by default:
# other people's packages raise them while they start.
STRICT := error,ignore::DeprecationWarning,ignore::PendingDeprecationWarning,ignore::ResourceWarning

test: $(DEV_READY) ## run every check: every notebook, then unit tests, doctests, reports and browser
	@status=0; start=$$(date +%s); \
	PYTHONWARNINGS=$(STRICT) $(PY) -m pytest $(TEST_WORKERS) --nbval-lax --nbval-current-env \
	  --nbval-cell-timeout=600 notebooks || status=1; \
	middle=$$(date +%s); \
	$(PY) -m pytest $(TEST_WORKERS) $(PYTEST_ARGS) || status=1; \
	echo "notebooks took $$((middle - start)) s, all else $$(($$(date +%s) - middle)) s"; \
	exit $$status

# The floors' tests, with a few examples of each property: the rest is for make test.
check: $(DEV_READY) lint ## check style, types and the floors in under a minute, for every save
	@HYPOTHESIS_PROFILE=quick $(PY) -m pytest -q $(TEST_WORKERS) -m "not slow and not browser" \
	  $(addprefix tests/test_,$(addsuffix .py,$(QUICK))) $(PYTEST_ARGS)

report: $(ALL_READY) ## write a hedge report: make report PORTFOLIO=data/portfolios/layer1.csv
	@if [ -z "$$PORTFOLIO" ]; then \
	  echo "which portfolio? make report PORTFOLIO=data/portfolios/layer1.csv" >&2; exit 2; \
	fi; \
	exec $(PY) -m hedgelib report --out "$$OUT" $(REPORT_ARGS) -- "$$PORTFOLIO"

class: $(ALL_READY) ## make a class of students: make class ROSTER=roster.csv
	@if [ -z "$$ROSTER" ]; then \
	  echo "which students? make class ROSTER=roster.csv (columns id and name)" >&2; exit 2; \
	fi; \
	exec $(PY) -m hedgelib class --out "$$OUT" -- "$$ROSTER"

grade: $(ALL_READY) ## grade what a class has handed in: make grade SUBMISSIONS=folder
	@if [ -z "$$SUBMISSIONS" ]; then \
	  echo "which submissions? make grade SUBMISSIONS=folder" >&2; exit 2; \
	fi; \
	exec $(PY) -m hedgelib grade --out "$$OUT" $(GRADE_ARGS) -- "$$SUBMISSIONS"

notebooks: $(DEV_READY) ## run every lesson again and save its outputs
	@$(PY) -m hedgelib.report.notebook
	@$(PY) scripts/notebooks.py
	@$(PY) scripts/readme_picture.py

site: $(DEV_READY) ## build the published site under out/site
	@$(PY) -m scripts.site

lint: $(DEV_READY) ## check style and types: ruff, mypy
	@status=0; \
	$(PY) -m ruff check . || status=1; \
	$(PY) -m ruff format --check . || status=1; \
	$(PY) -m mypy || status=1; \
	exit $$status

coverage: $(DEV_READY) ## check that the tests cover every line and branch of the finance floors
	@$(PY) -m pytest -q --cov --cov-report=term-missing:skip-covered --cov-fail-under=100 \
	  --deselect tests/test_notebooks.py --deselect tests/test_setup.py tests/test_*.py

bench: $(DEV_READY) ## compare the speed with alternatives, and write docs/benchmarks.md
	@$(PY) -m tests.benchmarks.bench

soak: $(DEV_READY) ## make a thousand reports under faults, and check that none is lost (long)
	@$(PY) -m tests.benchmarks.soak

mutants: $(DEV_READY) ## change the finance floors and check that a test detects it (long)
	@$(PY) scripts/mutants.py

# One resolution of everything, of which each lock has its part; it keeps the versions that are pinned.
lock: $(READY) ## update the three locks from pyproject.toml (UPGRADE=1: newest versions)
	@mkdir -p "$(OUT)"; full="$(OUT)/full.lock"; rm -f "$$full"; \
	uv=$$(command -v uv || echo $(VENV)/bin/uv); \
	compile() { "$$uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --quiet "$$@"; }; \
	$(if $(UPGRADE),,cat requirements*.lock > "$$full"; )\
	compile --all-extras --group dev -o "$$full" && \
	compile --extra lab --group build --constraint "$$full" > requirements.lock && \
	compile --all-extras --group build --constraint "$$full" | \
	  $(PY) scripts/what_is_added.py requirements.lock > requirements-all.lock && \
	$(PY) scripts/what_is_added.py requirements.lock requirements-all.lock \
	  < "$$full" > requirements-dev.lock && rm "$$full"

clean: ## remove the environment and the caches (never work/ or out/)
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
