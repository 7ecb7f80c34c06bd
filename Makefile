.PHONY: scan test bootstrap build goldens bench race bench-runtime docs wheel man schemas corpus-diff bench-peers

DIR ?= examples

scan: build
	@.build/release/interlock scan $(DIR) --exit-zero

test:
	@scripts/bootstrap --tests
	@scripts/wheel.py .build/wheel/dist
	@swift build --build-tests --explicit-target-dependency-import-check error
	@swift test --skip-build --disable-xctest

build: bootstrap
	@swift build -c release --product interlock

bootstrap:
	@scripts/bootstrap

goldens:
	@scripts/bootstrap --tests
	@UPDATE_GOLDENS=1 swift test --disable-xctest

bench: build
	@scripts/bench $(DIR)

RUNS ?= 3

bench-peers: build
	@scripts/bench-peers $(RUNS) $(DIR)

race:
	@scripts/contest show

bench-runtime:
	@scripts/contest bench

TARGET ?= dist

wheel:
	@scripts/wheel.py $(TARGET)

man:
	@swift package --allow-writing-to-package-directory generate-manual --configuration debug --date 2026-01-01
	@mkdir -p man && cp .build/plugins/GenerateManual/outputs/interlock/interlock.1 man/

schemas: build
	@.build/release/interlock config schema > schemas/interlock.schema.json

CORPUS ?= .build/corpus/projects
BASE ?= HEAD

corpus-diff: bootstrap
	@scripts/corpus-diff $(CORPUS) $(BASE)

docs:
	@swift package generate-documentation --target GuardedRuntime --warnings-as-errors
