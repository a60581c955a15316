# DoSQL: the commands a person types. `make help` lists them.

SWIFT ?= swift
ARGS ?=

.PHONY: help setup build run test example autobahn schemathesis metrics typescript hono guide-app fuzz bench nightly image lint format clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the system libraries that are missing
	@./.ci/setup

build: setup ## build the release binary
	$(SWIFT) build -c release --product dosql

run: build ## build and start the server; flags in ARGS="--listen … --data …"
	@exec "$$($(SWIFT) build -c release --show-bin-path)/dosql" serve $(ARGS)

test: setup ## build and run every test
	@./.ci/test

example: setup ## build and run the example app against a server of its own
	@./.ci/example

autobahn: setup ## run Autobahn's WebSocket cases, sections 1 to 7, 9, 10; CASES="12.* 13.*" CONFIGURATION=release
	@./.ci/autobahn

metrics: setup ## have Prometheus' own parser read /metrics
	@./.ci/metrics

schemathesis: setup ## run what schemathesis makes of /openapi.json
	@./.ci/schemathesis

typescript: setup ## check the TypeScript client in Deno and Node, against a server of its own
	@./.ci/typescript

hono: typescript ## check the guide's app and its checker; HONO_SOURCE, ZOD_SOURCE, ZOD_VALIDATOR_SOURCE, GUIDE: see .ci/hono
	@./.ci/hono

guide-app: setup ## check the guide's app in Swift: build it and run the checker against it
	@./.ci/guide-app

fuzz: setup ## run each decoder under libFuzzer; SECONDS_EACH=30
	@./.ci/fuzz

bench: setup ## measure beside C, PostgreSQL, Redis, nginx, Node: ARGS="1 4 --rounds 9"; or http, fan-out, neighbours and flags
	@./.ci/bench $(ARGS)

image: ## build the container image and check it; needs docker
	@./.ci/image

nightly: setup ## a thousand rounds of crashes and failing disks; DOSQL_CRASH_ROUNDS=200 DOSQL_CRASH_SEED=1
	@./.ci/nightly

lint: ## check the format of the sources
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests clients Benchmarks Package.swift

format: ## format the sources
	$(SWIFT) format --in-place --recursive --parallel Sources Tests clients Benchmarks Package.swift

clean: ## remove what was built
	rm -rf .build .build-fuzz .build-autobahn .build-schemathesis .build-metrics .build-typescript clients/typescript/dist clients/swift/examples/*/.build
