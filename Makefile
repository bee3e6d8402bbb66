# Marque. "make run" and "make test" work on a fresh Debian 12 machine that has Go, git and make.

SHELL   := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
TOOLS   := bin/tools
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FLAGS   := -tags gles -buildvcs=false
STAMP   := -ldflags "-X main.version=$(VERSION)"
DISPLAYS = $(DISPLAY)$(WAYLAND_DISPLAY)

# Views are compared word by word: the tests speak English.
ENGLISH := env -u LC_ALL -u LANGUAGE LANG=en_US.UTF-8

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run demo build marque console library test lint unit fuzz bench screenshots clean packages test-packages tools

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## install what is missing, build, open the console (without a display: the demonstration)
	@if [ -n "$(DISPLAYS)" ]; then exec bin/marque-console; fi
	@[ -n "$(DISPLAYS)" ] || { echo "There is no display here, so the console cannot open: this is the demonstration instead."; bin/marque demo; }

demo: marque ## the whole path through the product in a temporary folder, with real files (ARGS="--vault tpm": over a software TPM)
	@bin/marque demo $(ARGS)

build: marque console ## build the three programs into bin/

marque:
	@CGO_ENABLED=0 go build $(FLAGS) $(STAMP) -o bin/marque ./app/marque
	@CGO_ENABLED=0 go build $(FLAGS) $(STAMP) -o bin/marque-vehicle ./app/vehicle

console: packages
	@echo "Building the console (the first time takes some minutes)"
	@go build $(FLAGS) $(STAMP) -o bin/marque-console ./app/console

library: packages ## build the library for C into bin/: libmarque.so, libmarque.a, marque.h
	@go build $(FLAGS) -buildmode=c-shared -ldflags="-s -w" -o bin/libmarque.so ./device/cabi
	@go build $(FLAGS) -buildmode=c-archive -ldflags="-s -w" -o bin/libmarque.a ./device/cabi
	@rm -f bin/libmarque.h && cp device/cabi/marque.h bin/

test: test-packages lint fuzz unit ## install what the tests need, then lint, fuzz briefly, and run all tests

lint: tools
	@echo "Lint"
	@$(TOOLS)/golangci-lint run ./...
	@unformatted=$$($(TOOLS)/gofumpt -l $$(git ls-files --cached --others --exclude-standard '*.go')); [ -z "$$unformatted" ] || { echo "gofumpt would change:" $$unformatted; exit 1; }
	@go vet $(FLAGS) ./...

unit: tools ## all tests, the seeds of the fuzz targets included
	@echo "Tests"
	@FLAGS="$(FLAGS)" $(ENGLISH) $(TOOLS)/gotestsum --format pkgname --raw-command -- .ci/unit

fuzz: ## every fuzz target for a few seconds
	@echo "Fuzz targets"
	@FLAGS="$(FLAGS)" .ci/fuzz

bench: ## the speed figures, each as a ratio within one run; sizes and times of lists; the start of the console
	@go test $(FLAGS) -run '^$$' -bench . ./tests/bench/... ./device/revocation ./device
	@if command -v Xvfb > /dev/null; then go test $(FLAGS) -run '^$$' -bench Start -benchtime 5x ./tests/console; fi

screenshots: test-packages console ## pictures of the console for the README
	@$(ENGLISH) go test $(FLAGS) -count=1 -run Screenshot ./tests/console/... -args -screenshots

clean: ## remove what was built
	@rm -rf bin

packages:
	@packaging/install-packages build-packages.txt

test-packages:
	@packaging/install-packages build-packages.txt test-packages.txt

tools:
	@packaging/install-tools $(TOOLS)
