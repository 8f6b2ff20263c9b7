# Perennial: `make` lists what can be done. `make run` and `make test` need nothing but
# Python 3.11 or newer: they make the environment themselves.
#
# Paths are relative and every value is quoted, so that the folder's name may hold spaces.

PYTHON ?= python3
PORT ?= 8000
STARTER ?=
NAME ?=
DATA_DIR ?=

PY := .venv/bin/python
MANAGE := $(PY) manage.py
INSTALLED := .venv/.installed

ifneq ($(strip $(DATA_DIR)),)
export DATA_DIR
else
unexport DATA_DIR
endif
ifneq ($(strip $(NAME)),)
export SITE_NAME := $(NAME)
endif

COMPILE = $(PY) -m uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11 --custom-compile-command "make requirements"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test lint format bench messages requirements clean

help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z]*\):[^#]*## /  \1\t/p' Makefile | expand -t 16
	@echo
	@echo "with, where wanted: PORT=8000   DATA_DIR=folder of the site's data (var)"
	@echo "                    STARTER=another list's README.md   NAME='the site's name'"

setup: $(INSTALLED) ## the environment in .venv, from the pinned requirements; run and test do it first

$(INSTALLED): requirements/base.txt requirements/dev.txt
	@sh tools/make-venv.sh "$(PYTHON)" .venv
	@echo "Installing the pinned requirements into .venv …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $(INSTALLED)

run: export SITE_URL ?= http://127.0.0.1:$(PORT)
run: setup ## the site with its worker on 127.0.0.1:8000, filled with the starter list; Ctrl-C stops it
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) make_starter $(if $(strip $(STARTER)),"$(STARTER)")
	@$(MANAGE) create_demo_moderator
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@exec $(MANAGE) up --port "$(PORT)"

test: setup ## every test, on SQLite and, where they answer, on PostgreSQL and Redis; browser included
	@tools/find-package.sh chromium chromium chromium-browser google-chrome
	@tools/find-package.sh gettext xgettext
	@$(PY) tests/run.py

# Settings as on a public server: `check --deploy` warns of what such a one must not have.
PRODUCTION := SITE_URL=https://example.org TRUSTED_PROXIES=127.0.0.1 SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))')

lint: export DATA_DIR := build/lint
lint: setup ## style, types, layers, templates, migrations, settings of a public server
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) tools/check_templates.py
	.venv/bin/lint-imports
	$(PY) -m deptry .
	$(MANAGE) makemigrations --check --dry-run
	@$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	@tools/check-compose.sh

format: setup ## puts code and templates into the house style
	$(PY) -m ruff check --fix --quiet .
	$(PY) -m ruff format --quiet .
	$(PY) tools/check_templates.py --fix

messages: setup ## brings new strings of the interface into locale/, and compiles what is translated
	@tools/find-package.sh gettext xgettext
	@$(PY) tools/messages.py

bench: setup ## measures speed and prints tables; ARGS="--json" for programs
	@$(PY) -m benchmarks $(ARGS)

requirements: setup ## pins anew what pyproject.toml asks for
	@$(COMPILE) pyproject.toml --output-file requirements/base.txt --upgrade
	@$(COMPILE) pyproject.toml --group dev -c requirements/base.txt \
		--output-file requirements/dev.txt --upgrade

clean: ## removes what make made, the site's data excepted
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
