# Frontdesk. `make help` lists what there is to do.
# Assumed: make, Go and Node. The rest is seen to by deploy/setup.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
DATA ?= data
ARGS ?=

# What a binary is made of: every file below the areas, tests and pages apart.
AREAS := bot chat cmd inference internal kb models tickets web
GO_FILES := $(shell find $(AREAS) \( -path web/ui -o -name testdata -o -name training -o -name parity \) -prune -o \
	-type f ! -name '*_test.go' -print 2>/dev/null)
BINARIES := $(patsubst cmd/%,bin/%,$(wildcard cmd/*))
GO_BUILD = go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'

UI_MANIFESTS := $(wildcard web/ui/package*.json web/ui/*/package.json)
UI_FILES := $(shell find web/ui \( -name node_modules -o -name dist -o -path web/ui/e2e \) -prune -o \
	-type f ! -name '*.test.ts' -print 2>/dev/null)
# Lies in the folder that it stands for, so it goes when the folder goes.
NPM_DONE := web/ui/node_modules/.frontdesk-installed
UI_DONE := web/ui/console/dist/index.html
PARITY_DONE := inference/tokenizer/parity/node_modules/.frontdesk-installed

# An area has its target bench-AREA once it has a benchmark.
bench_inference := inference models
bench_bot := bot kb internal/text cmd/frontdesk
bench_chat := chat internal/postgres cmd/deskload
bench_tickets := tickets
bench_web := web
BENCHES := $(foreach area,inference bot chat tickets web,$(if \
	$(shell grep -rlsE --include='*_test.go' --exclude-dir=ui '^func Benchmark' $(bench_$(area))),bench-$(area)))

LINT_VERSION := $(shell cat .golangci-lint-version)
LINT := bin/tools/golangci-lint-$(LINT_VERSION)

##@ Use

.PHONY: help
help: ## show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build all, then serve the demo on http://localhost:8080 (ARGS="--addr :9000", DATA=folder)
	@exec bin/frontdesk serve --demo --data $(DATA) $(ARGS)

.PHONY: build
build: setup ## build the pages, bin/frontdesk and bin/deskload
	@$(MAKE) -s -j2 $(BINARIES)

.PHONY: setup
setup: ## install what this machine lacks (root), or say in one line how (otherwise)
	@deploy/setup/setup.sh run

.PHONY: pgvector
pgvector: ## install pgvector for this machine's PostgreSQL (root)
	@deploy/setup/pgvector.sh

##@ Check

.PHONY: test
test: ## everything that must hold: build, check, Go with -race, vitest, Playwright
	@deploy/setup/test.sh

.PHONY: check
check: check-lint check-arch check-setup check-generated check-ui check-commits ## all that is found without running the program

.PHONY: check-lint
check-lint: $(LINT) ## golangci-lint, formatters included
	@$(LINT) run ./...

.PHONY: check-arch
check-arch: ## the import arrows and the length of files
	@go test ./internal/arch/...

.PHONY: check-setup
check-setup: ## the set-up scripts
	@deploy/setup/sources_test.sh

.PHONY: check-generated
check-generated: $(NPM_DONE) ## generated code is what its sources give
	@web/generate.sh --check
	@npm --prefix web/ui run --silent check:generated

.PHONY: check-ui
check-ui: $(NPM_DONE) ## vue-tsc, ESLint and the size budget
	@npm --prefix web/ui run --silent check

.PHONY: check-commits
check-commits: ## subjects of the commits that are not published yet ("area: what changes", ≤ 72)
	@deploy/setup/commits.sh

.PHONY: test-go
test-go: ## Go's tests only (PKG=./chat/...)
	@go test -race $(or $(PKG),./...)

# The race detector keeps memory of its own for every run, so what is measured in bytes runs once more without it.
.PHONY: test-asan
test-asan: $(NPM_DONE) ## tests of cancelling and closing inference, with Go's address sanitizer (Linux)
	@[ "$$(go env GOOS)" != linux ] || go test -asan -count=1 -timeout 10m \
		-run 'Cancel|Leaves|GOGC|Collector|Close|Shutdown' ./inference ./inference/internal/onnx
	@go test -count=1 -timeout 10m -run 'KeepMemory|LeaveNothing|LeakNoHandles' ./inference ./inference/internal/onnx

.PHONY: test-ui
test-ui: $(NPM_DONE) ## vitest only
	@npm --prefix web/ui run --silent test

.PHONY: e2e
e2e: build ## Playwright's journeys against the real server
	@deploy/setup/setup.sh test
	@npm --prefix web/ui run --silent e2e

##@ Measure

.PHONY: faults
faults: build ## the fault suite, long: nodes, database, bus and clients are broken under load (docs/deskload.md)
	@bin/deskload faults --duration 20m --rate 800 --visitors 600 --calm 4s $(FAULTS)

.PHONY: bench
bench: $(BENCHES) ## every benchmark, as lines "bench NAME VALUE UNIT"; one area: make bench-inference

.PHONY: $(BENCHES)
bench-chat: build
$(filter-out bench-inference,$(BENCHES)): bench-%: $(NPM_DONE)
	@deploy/setup/bench.sh $(foreach dir,$(bench_$*),./$(dir)/...)

# What is inside each clock: docs/bench/inference.md. SOAK_RUNS=100000 shortens the longest.
bench-inference: $(NPM_DONE) $(PARITY_DONE)
	@deploy/setup/bench.sh $(foreach dir,$(bench_inference),./$(dir)/...)
	@go run ./inference/tokenizer/parity -bench

.PHONY: parity
parity: $(PARITY_DONE) ## the tokenizers against Hugging Face's: every code point, a million lines each (PARITY="-data FOLDER")
	@go run ./inference/tokenizer/parity $(PARITY)

.PHONY: parity-quick
parity-quick: $(PARITY_DONE) ## a sample of make parity
	@go run ./inference/tokenizer/parity -scalars 50 -lines 20000 $(PARITY)

.PHONY: models-parity
models-parity: ## the compiled-in models against training, 10,000 lines each (TRAIN=folder of training files; Debian's python3-torch, python3-onnx)
	@test -n "$(TRAIN)" || { echo "models-parity: name the training files' folder: make models-parity TRAIN=…/train" >&2; exit 2; }
	@lines=$$(mktemp); trap 'rm -f "$$lines"' EXIT; \
		/usr/bin/python3 models/training/parity.py --train $(TRAIN) --encoder models/default/encoder --pair models/default/pair --out "$$lines" && \
		go run ./inference/parity -in "$$lines"

.PHONY: eval
eval: build ## the bot's quality: DATA=… runs the standard sets into docs/eval (ONLY=…), else one knowledge base as JSON (KB=… QUESTIONS=…)
ifneq ($(origin DATA),file)
	@bin/frontdesk eval sets --data $(DATA) --out docs/eval $(if $(ONLY),--only $(ONLY))
else
	@bin/frontdesk eval --kb $(or $(KB),kb/demo/shop.jsonl) --questions $(or $(QUESTIONS),docs/eval/demo-questions.tsv) --json
endif

##@ Write

.PHONY: fmt
fmt: $(LINT) $(NPM_DONE) ## format Go, TypeScript and Vue
	@$(LINT) fmt
	@npm --prefix web/ui run --silent format

.PHONY: generate
generate: $(NPM_DONE) ## write the generated code anew
	@web/generate.sh
	@npm --prefix web/ui run --silent generate

.PHONY: clean
clean: ## remove what was built (not the data, not the tools)
	@rm -rf .make $(BINARIES) web/ui/node_modules
	@find web/ui/console/dist web/ui/widget/dist -mindepth 1 ! -name .keep -delete 2>/dev/null || true

# How things are made.

# Libraries compile while npm works; what embeds the pages waits for them.
.make/deps: go.mod go.sum
	@go list -deps -f '{{with .Module}}{{if not .Main}}{{$$.ImportPath}}{{end}}{{end}}' ./cmd/... | xargs go build -trimpath
	@mkdir -p $(@D) && touch $@

bin/%: $(GO_FILES) $(UI_DONE) go.mod go.sum | .make/deps
	@echo "building $@"
	@$(GO_BUILD) -o $@ ./cmd/$*
	@touch $@

$(UI_DONE): $(NPM_DONE) $(UI_FILES)
	@echo "building the pages"
	@npm --prefix web/ui run --silent build
	@touch $@

$(NPM_DONE): $(UI_MANIFESTS) web/ui/.npmrc
	@echo "installing npm packages"
	@npm --prefix web/ui ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(PARITY_DONE): inference/tokenizer/parity/package-lock.json inference/tokenizer/parity/.npmrc
	@echo "installing the tokenizer's oracle"
	@npm --prefix inference/tokenizer/parity ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(LINT): .golangci-lint-version
	@echo "building golangci-lint $(LINT_VERSION): once, some minutes"
	@GOBIN=$(CURDIR)/bin/tools/new GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@mv bin/tools/new/golangci-lint $@ && rmdir bin/tools/new && touch $@
