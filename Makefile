# Every command there is. CI runs the same targets.

SHELL := /bin/sh
PYTHON := .venv/bin/python

.PHONY: help setup setup-dev run test test-fast check map translations format wheel docs bench chaos audit attack train-smoke cluster clean

help:            ## List these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: .venv/.server                     ## Install what the server needs into .venv
setup-dev: .venv/.dev                    ## Install what the tests need, too

.venv/.server: requirements.txt pyproject.toml setup.py scripts/make-venv
	@scripts/make-venv
	@$(PYTHON) -m pip install --quiet --requirement requirements.txt --editable .
	@touch .venv/.server

.venv/.dev: .venv/.server requirements.txt pyproject.toml
	@$(PYTHON) -m pip install --quiet --requirement requirements.txt --editable '.[dev,desktop]'
	@touch .venv/.dev

run: setup                               ## Start the server on HOST and PORT, with its data in STYLEKIT_DATA
	@exec $(PYTHON) -m stylekit serve

test: setup-dev                          ## Run all tests; installs the browser and servers that they need
	@for what in chromium desktop node servers; do scripts/need $$what || exit 1; done
	@$(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test-fast: setup-dev                     ## Run the tests that need no TensorFlow, browser or server
	@$(PYTHON) -m pytest -m "not tensorflow and not browser and not servers"

check: setup-dev tests/javascript/node_modules/.installed  ## Check format, lint, types, layers, dead code and the map
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports
	@.venv/bin/vulture
	@.venv/bin/bandit --quiet --configfile pyproject.toml --recursive stylekit main.py -ll
	@cd tests/javascript && npm run --silent check
	@$(PYTHON) -m pytest -q tests/test_conventions.py

tests/javascript/node_modules/.installed: tests/javascript/package-lock.json
	@scripts/need node
	@cd tests/javascript && npm ci --silent --no-audit --no-fund
	@touch $@

map: setup-dev                           ## Update README's map and docs/modules.md from the modules' first lines
	@$(PYTHON) scripts/write-map

translations: setup-dev                  ## Update the page's translations; prints what is not translated yet
	@PYTHONPATH=. $(PYTHON) scripts/write-translations

audit: setup-dev                         ## Ask pypi.org for known vulnerabilities of the pinned packages
	@$(PYTHON) -m pip install --quiet pip-audit
	@$(PYTHON) -m pip_audit --requirement requirements.txt --no-deps --disable-pip

attack: setup-dev                        ## Attack a server on this machine; print what it cost
	@$(PYTHON) -m benchmarks.attack

format: setup-dev                        ## Format the code
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

wheel: setup                             ## Build the package into dist/
	@rm -rf build
	@$(PYTHON) -m pip wheel --quiet --no-deps --wheel-dir dist .
	@rm -rf build

docs: setup-dev                          ## Update docs/python.md from the docstrings
	@$(PYTHON) docs/reference.py

bench: setup-dev                         ## Measure both engines here: seconds, memory, distances
	@$(PYTHON) -m benchmarks.engines

chaos: setup-dev                         ## Kill, stop and freeze processes of a cluster at random; count the jobs
	@scripts/need servers
	@$(PYTHON) -m benchmarks.chaos

train-smoke: setup-dev                   ## Distil, train, export and paint on toy data, in a few minutes
	@$(PYTHON) -m training.smoke

cluster: setup                           ## Start brokers, database, workers and web processes on this machine
	@scripts/need servers
	@$(PYTHON) -m deploy.cluster

clean:                                   ## Remove what was installed and built, except ./data
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache *.egg-info
