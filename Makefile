# Everything is done by a target here; `make help` lists them. Each first sets up what it needs, and only that.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

# Where the local stack listens; two can run side by side: `make up LOCAL_PORT=4567`.
LOCAL_PORT ?= 4566
export LOCAL_PORT
# The section of samconfig.toml to deploy to AWS with.
STAGE ?= sandbox
# What puts a part back.
BACK_functions = versions
BACK_web = publish
# What pytest is given: `make test ARGS="-k idempotency -x"`.
ARGS ?=

# The first interpreter that can run local/setup.py; that one then chooses the interpreter of the environments.
PYTHON = $(shell for python in python3 python3.13 python3.14 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
SETUP = $(or $(PYTHON),$(error Python 3.11 or newer is needed and none is on PATH: install one, then try again)) local/setup.py
LOCAL = .venv/bin/python -m local
SAM = SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/.local/envs/uv/bin:$$PATH" .local/envs/sam/bin/sam

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# On this machine -----------------------------------------------------------------------------------------

.PHONY: run
run: ## Bring the application up and show what functions log; Ctrl-C stops it all
	@$(SETUP) dev engine sam runtime node
	@$(LOCAL) run

.PHONY: up
up: ## Bring the application up, or update it where it runs (LOCAL_PORT=)
	@$(SETUP) dev engine sam runtime node
	@$(LOCAL) up

.PHONY: down
down: ## Stop what runs on LOCAL_PORT and remove all that it left
	@$(SETUP) dev
	@$(LOCAL) down

.PHONY: logs
logs: ## Follow what a function logs: make logs FUNCTION=create_order
	@$(SETUP) dev
	@$(LOCAL) logs $(or $(FUNCTION),$(error Say which function: make logs FUNCTION=create_order))

.PHONY: web
web: ## Serve the web app with hot reload, against what is up on LOCAL_PORT
	@$(SETUP) dev node
	@.venv/bin/python -m local.frontend dev

# Checks --------------------------------------------------------------------------------------------------

.PHONY: test
test: ## Run every test against a stack of its own (ARGS= for pytest)
	@$(SETUP) dev engine sam runtime node
	@$(LOCAL) test $(ARGS)

.PHONY: lint
lint: ## Check the code, the templates and the contracts
	@$(SETUP) dev checkov node
	@.venv/bin/python -m local.lint

.PHONY: review
review: ## Prove the Lens's rows on a stack of its own, and print the review
	@$(SETUP) dev engine sam runtime node
	@$(LOCAL) test tests/lens --numprocesses 0 -q --no-header $(ARGS)

.PHONY: redrive
redrive: ## Move a dead-letter queue's messages back: make redrive QUEUE=FailureQueue
	@$(SETUP) dev
	@.venv/bin/python -m local.redrive $(or $(QUEUE),$(error Say which queue: make redrive QUEUE=FailureQueue)) $(ARGS)

.PHONY: bench
bench: ## Measure, as ratios and counts (ARGS="saga --rounds 3" for one of them, ARGS=--help for all)
	@$(SETUP) dev engine sam runtime
	@.venv/bin/python -m benchmarks $(ARGS)

# Upkeep --------------------------------------------------------------------------------------------------

.PHONY: setup
setup: ## Make every environment; each target makes those it needs by itself
	@$(SETUP) dev engine sam runtime checkov node

.PHONY: lock
lock: ## Pin all that is installed again, by hash: locks/*.txt and every requirements.txt
	@$(SETUP) --lock

.PHONY: clean
clean: ## Stop every local stack and remove all that these targets made
	@if [ -x .venv/bin/python ] && .venv/bin/python -c 'import psutil, boto3, rich' 2>/dev/null; then $(LOCAL) down --all; fi
	@rm -rf .venv .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +

# In AWS --------------------------------------------------------------------------------------------------

.PHONY: deploy
deploy: ## Build and deploy to the account that your credentials name (STAGE=sandbox)
	@$(SETUP) sam dev node
	@.venv/bin/python -m local.frontend build
	@$(SAM) build
	@parameters=$$(.venv/bin/python -m local.release $(STAGE)) && \
		$(SAM) deploy --config-env $(STAGE) --parameter-overrides file://$$parameters
	@.venv/bin/python -m local.publish --stage $(STAGE)
	@.venv/bin/python -m local.versions --stage $(STAGE) --prune

.PHONY: rollback
rollback: ## Put the release before back, there: PART=functions or PART=web (STAGE=sandbox)
	@$(SETUP) dev
	@.venv/bin/python -m local.$(or $(BACK_$(PART)),$(error Say which part: make rollback PART=functions or make rollback PART=web)) --stage $(STAGE) --back

.PHONY: destroy
destroy: ## Delete what was deployed there, and list what is left (STAGE=sandbox)
	@$(SETUP) dev
	@.venv/bin/python -m local.destroy $(STAGE)
