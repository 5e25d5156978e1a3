# The verbs of this repository. `make help` says each in a line.
SHELL := /bin/bash
.DEFAULT_GOAL := help

binary  := build/release/bin/caddy-shopping
PYTHON  := /usr/bin/python3
web_in  := $(shell find web \( -name node_modules -o -name dist -o -name generated -o -name '.readme-*' \) -prune -o -type f -print 2>/dev/null) \
           $(shell find src -name '*_api.yaml') tools/bundle_openapi.py

on_server := $(addprefix tests/,api/test_journey_guest_checkout.py api/test_checkout.py api/test_idempotency.py api/test_access_walk.py \
             system/test_mariadb.py system/test_galera.py system/test_concurrency.py system/test_crash.py)

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: ## Install the packages that build and tests need (asks for root or sudo once)
	@tools/setup

build: setup web ## Build the release program: build/release/bin/caddy-shopping
	@[ -f build/release/build.ninja ] || { echo "configure: build/release"; cmake --preset release >/dev/null; }
	@ninja -C build/release caddy-shopping

web: build/web/.built ## Build the web pages into build/web, and the client in web/client
build/web/.built: $(web_in) | setup
	@echo "web: installing and building"
	@cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@cd web && npm run build --silent
	@touch $@

run: build ## Start the shop on http://localhost:3000 with sample data (embedded database in ./data)
	@$(binary) import --if-empty samples/catalogue/products.csv
	@SANDBOX_PAYMENTS=$${SANDBOX_PAYMENTS:-true} $(binary) serve

dev: setup ## Build program and unit tests with sanitizers: build/dev
	@[ -f build/dev/build.ninja ] || { echo "configure: build/dev"; cmake --preset dev >/dev/null; }
	@ninja -C build/dev

check: dev web ## The fast ring: unit tests, house rules, contract of the API (under a minute once built)
	@ctest --test-dir build/dev --output-on-failure -j2 -L unit
	@$(PYTHON) tools/tidy.py
	@$(PYTHON) -m pytest -q tests/tools tests/contract

mysql: dev ## Unit tests with a database, and the journeys that matter most, on a MariaDB server of their own
	@ctest --test-dir build/dev --output-on-failure -j2 -L mysql
	@CADDY_TEST_ENGINE=mysql $(PYTHON) -m pytest -q $(on_server)

redis: dev ## The Redis client, a real cluster and the limits of a fleet, on Redis servers of their own
	@ctest --test-dir build/dev --output-on-failure -L redis

test: build check mysql redis ## Every test
	@$(PYTHON) -m pytest -q tests/api tests/system

tidy: ## The house rules alone
	@$(PYTHON) tools/tidy.py

fmt: ## Format what is C++
	@git ls-files 'src/*.cpp' 'src/*.hpp' 'tests/*.hpp' | xargs clang-format -i

pack: build ## Make dist/caddy-shopping-<version>.tar.gz
	@tools/pack

clean: ## Delete what builds have made (never ./data)
	@rm -rf build dist web/client/dist web/client/src/generated

.PHONY: help setup build web run dev check mysql redis test tidy fmt pack clean
