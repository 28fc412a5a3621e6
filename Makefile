# The verbs of this project; `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
# Compiled modules are kept, whatever the shell says: every process that a test starts loads them.
export PYTHONDONTWRITEBYTECODE :=
PATHS := api benchmarks db examples models tests workers

.PHONY: help setup demo up test fast check format lint imports types docs gallery chaos weights lock sbom audit clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## system packages, virtual environment, install, data

.venv/.ready: requirements/all.txt pyproject.toml deploy/setup.sh
	@deploy/setup.sh
	@touch $@

demo: setup ## about forty jobs through everything, then a shop at work: pictures, scores, two sheets
	@$(BIN)/python -m examples.demo

up: setup ## broker, database, API and workers in this terminal
	@$(BIN)/packshot up

test: fast ## all tests; those that start many processes, or measure, file by file
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow or journey"

fast: setup ## the tests that are neither slow nor a journey, two at a time
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not journey"

check: setup format lint imports types test ## everything that must pass before a commit

format: setup ## write the code in one style
	@$(BIN)/ruff format --quiet $(PATHS)

lint: setup ## ruff
	@$(BIN)/ruff format --check --quiet $(PATHS)
	@$(BIN)/ruff check --quiet $(PATHS)

imports: setup ## who may import whom
	@$(BIN)/lint-imports --no-cache

types: setup ## mypy, strict
	@$(BIN)/mypy --no-error-summary

docs: setup ## pages that are made from the code, and of all pages a site in build/site
	@$(BIN)/python -m api.openapi > docs/openapi.json
	@$(BIN)/python -m examples.operation_pages
	@$(BIN)/python -m api.configuration > docs/configuration.md
	@$(BIN)/python -m api.command_page > docs/command-line.md
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

gallery: setup ## a sheet of each operation's pictures with their scores, in docs/gallery
	@$(BIN)/python -m examples.gallery $(OPERATIONS)

chaos: setup ## kill, freeze, stop and wipe while JOBS=1000 run on DATABASE=sqlite, by SEED=1
	@$(BIN)/python -m benchmarks.chaos --jobs $(or $(JOBS),1000) --seed $(or $(SEED),1) --database $(or $(DATABASE),sqlite)

weights: setup ## train and measure what ships again, NAMES=… of it, on DEVICE=cpu or cuda; goes on where it was killed
	@$(BIN)/python -m benchmarks.ship $(or $(NAMES),$(notdir $(wildcard models/shipped/*))) \
	  --device $(or $(DEVICE),cpu) --benchmarks $(or $(BENCHMARKS),benchmarks-data)

lock: ## pin every version with its hashes: of everything, of what the two images hold, and of the extra nsfw
	@for list in "all api,worker,postgres,tuning,tensorboard,otel,community,c2pa,dev" "api api,postgres,otel" "worker api,worker,postgres,tuning,tensorboard,otel,community,c2pa" "nsfw nsfw"; do \
	  set -- $$list; \
	  $(BIN)/uv pip compile pyproject.toml $$(printf -- '--extra %s ' $${2//,/ }) \
	    $$([ $$1 = all ] || echo --constraint requirements/all.txt) \
	    --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command "make lock" --output-file requirements/$$1.txt --quiet || exit 1; \
	done

sbom: setup ## what each list of versions is made of, as CycloneDX in build/sbom
	@$(BIN)/python -m examples.sbom

audit: setup ## whether any locked version is known to be vulnerable; needs a network
	@for list in all api worker nsfw; do \
	  $(BIN)/uvx pip-audit==2.10.1 --strict --require-hashes --disable-pip --progress-spinner off \
	    --requirement requirements/$$list.txt || exit 1; \
	done

clean: ## remove what the verbs made, but not the data
	@rm -rf .venv demo build .mypy_cache .pytest_cache .ruff_cache *.egg-info
