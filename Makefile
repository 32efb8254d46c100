# Everything runs with Go alone, but for the targets that say what else they install.
ENV ?= local
STRIDE = go run ./cmd/stride
STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 30s
CASES ?= 1000000
# Folders with benchmarks.
BENCHES = internal/value internal/jsonpath internal/machine internal/graph internal/bundle internal/lambdahost internal/bench/process internal/jsonata/difftest

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench fuzz fuzz-jsonata deploy tail integration generate

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: ## compile, build, deploy to the embedded local AWS, run, tail: no account, no Docker
	@$(STRIDE) demo

test: lint ## lint, and all tests that need Go alone
	go test ./...

lint: ## gofmt, vet, staticcheck, tidy go.mod
	@test -z "$$(gofmt -l .)" || { echo "gofmt finds:"; gofmt -l .; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...
	go mod tidy -diff

deploy: ## deploy the workflows to ENV (an environment of infra/stride.yaml)
	$(STRIDE) deploy --env $(ENV)

tail: ## follow the executions of all workflows in ENV
	$(STRIDE) tail -f --env $(ENV)

bench: ## figures beside what they are measured against, in one run: a table, and bench.json
	@go run ./internal/bench $(BENCHES)

fuzz-jsonata: ## CASES generated expressions through the engine and npm jsonata (installs it; needs Node and npm)
	STRIDE_JSONATA_FUZZ=$(CASES) go test -count=1 -timeout 2h -v ./internal/jsonata/difftest

integration: ## the samples on a real LocalStack, compared with the local AWS (needs Python 3.13; Java for JSONata)
	go test -tags integration -count=1 -timeout 15m ./localstack

generate: ## rewrite what is generated: golden files, docs, help
	go test ./... -update
