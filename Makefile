# The front door: builds, tests, measures and demonstrates Starling on Debian 12.
# The build itself is CMake's: CMakeLists.txt, CMakePresets.json, cmake/.

PRESET ?= release
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
PROGRAMS := starling starlingd starling-lab starling-serve
SOURCES = $(shell git ls-files -co --exclude-standard '*.h' '*.cc' ':!third_party')

.DEFAULT_GOAL := help
.PHONY: help setup build test demo bench fuzz format clean
.NOTPARALLEL:

help:  ## show this help
	@echo 'usage: make TARGET [PRESET=release|debug|asan|tsan] [JOBS=n]'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## install what packages.txt and package.json name and this machine lacks
	@tools/setup

build:  ## build everything into build/PRESET
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build $(BUILD) -j$(JOBS)

test: setup build  ## set up, build, run every test, and list what was skipped and why
	@rm -rf $(BUILD)/results && mkdir -p $(BUILD)/results
	@status=0; GTEST_OUTPUT=xml:$(CURDIR)/$(BUILD)/results/ ctest --test-dir $(BUILD) -j$(JOBS) \
	  --timeout 600 --output-on-failure --output-junit $(CURDIR)/$(BUILD)/results/ctest.xml || status=$$?; \
	  [ ! -e $(BUILD)/results/ctest.xml ] || tools/totals $(BUILD); exit $$status

demo: setup  ## start a small fleet under load and watch it (TRACE=file plays a trace, HEADLESS=1 prints lines)
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build $(BUILD) -j$(JOBS) --target $(PROGRAMS)
	@$(BUILD)/bin/starling-lab demo $(if $(TRACE),--trace "$(TRACE)") $(if $(HEADLESS),--headless)

bench: build  ## build everything and run the benchmarks one after the other
	@set -e; for bench in $(BUILD)/bin/*_bench; do echo "== $${bench##*/}"; "$$bench"; done

fuzz:  ## look for inputs that break our parsers, FUZZ_SECONDS=60 for each, two at a time (clang)
	@tools/setup fuzz
	@tools/fuzz $(FUZZ_SECONDS) $(JOBS)

format:  ## format our C++ sources
	@clang-format -i $(SOURCES)

clean:  ## remove the builds
	rm -rf build
