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

count: build ## Count the instructions of the hot path by callgrind; more than 3 % over the baseline fails
	@ninja -C build/release bench-count
	@bench/count --check
torture: dev ## Kill, freeze and replace what a fleet consists of while it sells, then check that nothing is lost (MINUTES=1 SEED=7 TOPOLOGY=one)
	@$(PYTHON) -m torture.campaign --minutes $(or $(MINUTES),1) $(if $(SEED),--seed $(SEED)) $(if $(TOPOLOGY),--topology $(TOPOLOGY))
simulate: build ## Play many small schedules in a drawn order and simulated time, with faults and crashes (SCHEDULES=100000 SEED=1)
	@ninja -C build/release caddy_simulation && build/release/bin/caddy_simulation --schedules $(or $(SCHEDULES),100000) --seed $(or $(SEED),1)
bench: build ## Measure: one table of figures beside nginx, a bare database client and the targets (half an hour)
	@ninja -C build/release caddy_bench && bench/run $(BENCH)
bench-peers: build ## The same orders and reads at a NestJS shop and at Vendure, on the same MariaDB (needs npm)
	@ninja -C build/release caddy_bench && bench/run --peers $(BENCH)

test: build check mysql redis count ## Every test
	@fuzz/run --runs 30000 --seed 1
	@$(PYTHON) -m pytest -q tests/api tests/system tests/web tests/deploy
fuzz: setup ## Feed the parsers of bytes from outside, ten minutes each (FUZZ="--seconds 60 json": fuzz/run --help)
	@fuzz/run $(FUZZ)
tidy: ## The house rules alone
	@$(PYTHON) tools/tidy.py
fmt: ## Format what is C++
	@git ls-files 'src/*.cpp' 'src/*.hpp' 'tests/*.hpp' | xargs clang-format -i
pack: build ## Make dist/caddy-shopping-<version>.tar.gz
	@tools/pack
image: build ## Make the image caddy-shopping-backend:<version> with podman or docker
	@deploy/container/build
fleet: build ## Five pods behind an edge, on a database, a Redis Cluster, Prometheus and traces, until Ctrl-C (FLEET="--load 8": tools/fleet --help)
	@tools/fleet $(FLEET)
clean: ## Delete what builds have made (never ./data)
	@rm -rf build dist web/client/dist web/client/src/generated

.PHONY: simulate torture help setup build web run dev check mysql redis count bench bench-peers test fuzz tidy fmt pack image fleet clean
