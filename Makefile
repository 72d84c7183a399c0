# The front door: builds, tests, measures and demonstrates Starling on Debian 12.
# The build itself is CMake's: CMakeLists.txt, CMakePresets.json, cmake/.

PRESET ?= release
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
PROGRAMS := starling starlingd starling-lab starling-serve
SOURCES = $(shell git ls-files -co --exclude-standard '*.h' '*.cc' ':!third_party')

.DEFAULT_GOAL := help
.PHONY: help setup build test demo bench format clean

help:  ## show this help
	@echo 'usage: make TARGET [PRESET=release|debug|asan|tsan] [JOBS=n]'
	@sed -n 's/^\([a-z]*\):.*## /  \1:/p' $(MAKEFILE_LIST) | awk -F: '{ printf "%-10s%s\n", $$1, $$2 }'

setup:  ## install what packages.txt and package.json name and this machine lacks
	@tools/setup

build:  ## build everything into build/PRESET
	@cmake --preset $(PRESET) --log-level=WARNING
	@cmake --build $(BUILD) -j$(JOBS)

test: setup build  ## set up, build, and run every test
	@rm -rf $(BUILD)/results
	@GTEST_OUTPUT=xml:$(CURDIR)/$(BUILD)/results/ ctest --test-dir $(BUILD) -j$(JOBS) \
	  --output-on-failure --output-junit $(CURDIR)/$(BUILD)/results/ctest.xml

demo: setup  ## start a small fleet under load and watch it: TRACE=file plays that trace, HEADLESS=1 opens no screen
	@cmake --preset $(PRESET) --log-level=WARNING
	@cmake --build $(BUILD) -j$(JOBS) --target $(PROGRAMS)
	@$(BUILD)/bin/starling-lab demo $(if $(TRACE),--trace "$(TRACE)") $(if $(HEADLESS),--headless)

bench: build  ## build everything and run the benchmarks one after the other
	@set -e; for bench in $(BUILD)/bin/*_bench; do echo "== $${bench##*/}"; "$$bench"; done

format:  ## format our C++ sources
	@clang-format -i $(SOURCES)

clean:  ## remove the builds
	rm -rf build
