.PHONY: scan test bootstrap build goldens bench race bench-runtime docs

DIR ?= examples

scan: build
	@.build/release/interlock scan $(DIR) --exit-zero

test:
	@scripts/bootstrap --tests
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

race:
	@scripts/contest show

bench-runtime:
	@scripts/contest bench

docs:
	@swift package generate-documentation --target GuardedRuntime --warnings-as-errors
