.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv/bin
# LOCKED=1 installs nothing whose hash is not in locks/. Not by default: a platform without a listed file still installs.
INSTALL := $(VENV)/python -m pip install --quiet --disable-pip-version-check
PIP := $(INSTALL) --constraint constraints.txt
PORT ?= 8080
CDK := PATH="$(CURDIR)/$(VENV):$$PATH" npx cdk

.PHONY: help setup demo test e2e integ audit lock bench chaos docs synth deploy destroy format clean

help: ## Lists the targets
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements-runtime.txt constraints.txt | .venv/pyvenv.cfg
	@echo "Installing what the demo needs (torch, faiss, tantivy, duckdb, …)"
	$(VENV)/python tools/install.py locks/runtime.txt $(if $(LOCKED),--require-hashes --no-deps --requirement locks/runtime.txt,--constraint constraints.txt --requirement requirements-runtime.txt)
	@touch $@

.venv/.dev: requirements-dev.txt requirements.txt requirements-runtime.txt constraints.txt | .venv/pyvenv.cfg
	@echo "Installing everything: the stack, the jobs, the tests"
	$(VENV)/python tools/install.py locks/dev.txt $(if $(LOCKED),--require-hashes --no-deps --requirement locks/dev.txt,--constraint constraints.txt --requirement requirements-dev.txt)
	@touch $@ .venv/.runtime

.venv/.bench: requirements-bench.txt .venv/.dev
	@echo "Installing the peers to measure against"
	$(PIP) --requirement requirements-bench.txt
	@touch $@

.venv-e2e/.installed: requirements-e2e.txt e2e/package-lock.json e2e/interpreter.py
	@echo "Installing the emulator"
	$$($(PYTHON) e2e/interpreter.py 3.13) -m venv --clear .venv-e2e
	$$($(PYTHON) e2e/interpreter.py 3.13) -m venv --without-pip .venv-e2e/bare
	$$($(PYTHON) e2e/interpreter.py 3.12) -m venv --without-pip .venv-e2e/jobs
	.venv-e2e/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-e2e.txt
	cd e2e && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

setup: .venv/.dev node_modules/.installed ## Installs the development environment; quick the second time

demo: .venv/.runtime ## Sample shop, training, API and search page on http://127.0.0.1:8080 (ONCE=1: print and exit)
	$(VENV)/python -m local demo --port $(PORT) $(if $(ONCE),--once)

test: setup ## Lint, types and the whole test suite; no AWS account, no Docker
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/pytest -n 2

e2e: setup .venv-e2e/.installed ## The real CDK CLI deploys to a local emulator, and the whole story is played over HTTP
	$(VENV)/python -m e2e

integ: setup ## The same story in the AWS account of your credentials, destroyed at its end (costs a few dollars)
	$(VENV)/python -m e2e --account

.cache/audit/.installed: requirements-audit.txt
	$(PYTHON) -m venv --clear .cache/audit
	.cache/audit/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.cache/supply/.installed: requirements-supply.txt
	$(PYTHON) -m venv --clear .cache/supply
	.cache/supply/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

lock: .cache/supply/.installed ## Hashes of the pinned versions into locks/; after a change of requirements or constraints
	for name in runtime dev; do .cache/supply/bin/uv pip compile --quiet --no-header --no-annotate --generate-hashes \
		--python-version 3.11 --constraint constraints.txt requirements-$$name.txt --output-file locks/$$name.txt; done

audit: setup .cache/audit/.installed .cache/supply/.installed ## checkov, cdk-nag and cfn-lint over many kinds of deployment; packages, licences, known vulnerabilities
	$(VENV)/python -m tools.audit
	DEPLOYMENTS=all $(VENV)/pytest -q -p no:cacheprovider --basetemp=.cache/audit/tests \
		tests/stacks/test_stacks_checks.py tests/stacks/test_stacks_regions.py
	.cache/audit/bin/checkov --skip-download --framework cloudformation --compact --quiet \
		--directory .cache/audit/tests/test_cfn_lint_finds_nothing0

docs: .cache/docs/.installed ## The documentation as a site in .work/site; links and anchors are checked
	.cache/docs/bin/mkdocs build --strict --quiet
	@echo "Open .work/site/index.html"

.cache/docs/.installed: requirements-docs.txt
	$(PYTHON) -m venv --clear .cache/docs
	.cache/docs/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

bench: .venv/.bench ## Quality and speed beside the peers; NAMES="movielens …" for some, writes and draws benchmarks/results/
	$(VENV)/python -m benchmarks $(NAMES)

chaos: setup ## 200 releases against a frozen function, then ten minutes of faults (SECONDS=60 for fewer) and their table in docs/reliability.md
	FROZEN_RELEASES=200 $(VENV)/pytest -q -p no:cacheprovider tests/lambdas/test_frozen_between_requests.py
	$(VENV)/python -m tools.chaos --seconds $(or $(SECONDS),600)

synth: setup ## The CloudFormation template in cdk.out/
	$(CDK) synth --quiet $(CONTEXT)

deploy: setup ## Deploys to the AWS account of your credentials; prints the API's URL and the idle cost
	$(CDK) deploy $(CONTEXT)

destroy: setup ## Removes the stack
	$(CDK) destroy $(CONTEXT)

format: setup ## Formats and fixes what can be fixed
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

clean: ## Removes what was built, not what was installed
	rm -rf cdk.out .work .cache .pytest_cache .mypy_cache .ruff_cache
