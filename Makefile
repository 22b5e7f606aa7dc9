# Each target installs what it lacks, says what takes long, and may be run again at any time.
SHELL := bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

.PHONY: help build demo test check check-all lint tidy sanitize fuzz bench search-matrix deb deb-test image image-test chart-test picture up down status env reset fresh clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

build: ## compile the program: build/release/aced-etl
	@scripts/install-deps build
	@scripts/build release aced-etl aced-synth aced-stand-in

demo: build ## a small study, from nothing to the graph, files and search documents of the local commons
	@scripts/demo

test: ## everything that can fail: unit, end to end, the unit tests under sanitizers, the fuzz targets for seconds
	@scripts/install-deps build test
	@scripts/chart-tools
	@scripts/test

lint: ## check format, links in documents, generated files, Python and shell scripts
	@scripts/install-deps build lint
	@scripts/lint

tidy: ## clang-tidy over what has changed since it last passed (15 minutes for all)
	@scripts/install-deps build lint
	@scripts/tidy

check: lint test ## what CI runs

check-all: check tidy search-matrix deb-test image-test ## and what takes longer: all of clang-tidy, other search servers, the package, the image

sanitize: ## the unit tests under ASan + UBSan, the threaded ones under TSan
	@scripts/install-deps build test
	@scripts/test asan tsan

fuzz: ## run each fuzz target, or TARGETS="a b", for FUZZ_SECONDS (30), FUZZ_JOBS (all cores) at a time
	@scripts/install-deps build lint
	@scripts/fuzz $(TARGETS)

search-matrix: build ## the search tests against OpenSearch 1.3 and Elasticsearch 6.8, 7.10 and 7.17
	@scripts/install-deps build test search-matrix
	@scripts/search-matrix

bench: build ## measure against simdjson and psql; writes bench/README.md
	@scripts/bench

chart-test: build ## the Helm chart: lint, the Kubernetes API's schemas, its mounts before doctor
	@scripts/install-deps test
	@scripts/chart-test

deb: ## a Debian package of the program, for apt install ./FILE: build/package/aced-etl_VERSION_ARCH.deb
	@scripts/install-deps build
	@scripts/deb

deb-test: deb ## install the package in a bare Debian 12, and try it there
	@scripts/install-deps fresh
	@scripts/deb-test

image: ## the container image, with buildah: no Docker daemon, no image registry needed
	@scripts/install-deps image
	@scripts/image

image-test: build image ## the image, run as Kubernetes runs it: doctor, the demo study, what operators reach for
	@scripts/install-deps test
	@scripts/image-test

up: build ## start the local commons: PostgreSQL, S3, OpenSearch, the Gen3 services
	@local/commons up

down: ## stop it; the data stays
	@local/commons down

status: ## where the local commons is
	@local/commons status

env: ## settings for a shell, and the programs on its PATH: eval "$(make -s env)"
	@local/commons env
	@printf 'case ":$$PATH:" in *:%q:*) ;; *) export PATH=%q:"$$PATH" ;; esac\n' '$(CURDIR)/build/release' '$(CURDIR)/build/release'

reset: ## empty the local commons: remove its data, keys and credentials, and start it again
	@local/commons destroy
	@$(MAKE) up

picture: ## draw docs/aced-etl.svg anew
	@tools/picture/draw.py

fresh: ## prove `make demo` and `make test` in a bare Debian 12
	@scripts/install-deps fresh
	@scripts/fresh

clean: ## remove build/ and the local commons
	@local/commons destroy
	@scripts/image --remove
	@rm -rf build .local
