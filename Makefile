# Everything runs with Go alone, but for the targets that say what else they install.
ENV ?= local
STRIDE = go run ./cmd/stride
STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 100000x
CASES ?= 1000000
PROGRAMS ?= 100000
SEED ?= 1
BENCHTIME ?= 1s
ROUNDS ?= 200
RUNS ?= 1000
# Folders with benchmarks.
BENCHES = internal/value internal/jsonata internal/jsonata/difftest internal/jsonpath internal/jsonpath/testdata/bench internal/machine \
  internal/graph internal/compile workflows internal/bundle internal/lambdahost internal/localaws internal/deploy internal/bench/process internal/observe internal/cli

.DEFAULT_GOAL := help
CLIENTS = .stride/clients
.PHONY: help demo test lint bench bench-peers crash fuzz fuzz-jsonata fuzz-language asl-validator deploy tail integration clients servers browser lint-infra generate

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: ## compile, build, deploy to the embedded local AWS, run, tail: no account, no Docker
	@$(STRIDE) demo

test: lint ## lint, and all tests that need Go alone; those of the samples pass every state, branch, retry and catch
	go test ./...
	$(STRIDE) test --min 100 ./workflows/...

lint: ## gofmt, vet, staticcheck, tidy go.mod
	@test -z "$$(gofmt -l .)" || { echo "gofmt finds:"; gofmt -l .; exit 1; }
	go vet ./...
	go vet -tags 'integration moto aws bench' ./internal/servers ./internal/task ./flow/flowtest ./localstack
	$(STATICCHECK) ./...
	go mod tidy -diff

deploy: ## deploy the workflows to ENV (an environment of infra/stride.yaml)
	$(STRIDE) deploy --env $(ENV)

tail: ## follow the executions of all workflows in ENV
	$(STRIDE) tail -f --env $(ENV)

bench: ## figures beside what they are measured against, in one run: a table, and bench.json (Node for npm jsonata)
	@go run ./internal/bench -benchtime $(BENCHTIME) $(BENCHES)

.stride/sam/installed:
	python3 -m venv .stride/sam && .stride/sam/bin/pip install -q aws-sam-cli==1.170.0 && touch $@

bench-deploy: .stride/sam/installed ## deploys beside SAM's and the same reads by hand, on LocalStack: a table, and bench-deploy.json (Python 3.13)
	@url=$$(localstack/host/start.sh 4599 .stride/bench-deploy | tail -1) && LOCALSTACK=$$url SAM=$(CURDIR)/.stride/sam/bin/sam GOFLAGS=-tags=bench \
	  go run ./internal/bench -o bench-deploy.json -benchtime 3x -bench Deploy internal/servers; \
	  status=$$?; localstack/host/stop.sh .stride/bench-deploy; exit $$status

fuzz: ## each fuzz target for FUZZTIME runs (100000x) or seconds (30s)
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | sed 's/func //'); do \
	    echo "$$dir $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$dir || exit 1; \
	  done; done

fuzz-language: ## PROGRAMS generated workflows from SEED, each run as Go and as the state machine it compiles to
	go test -count=1 -timeout 12h ./internal/compile -run Differential -programs $(PROGRAMS) -seed $(SEED)

fuzz-jsonata: ## CASES generated expressions through the engine and npm jsonata (installs it; Node and npm)
	STRIDE_JSONATA_FUZZ=$(CASES) go test -count=1 -timeout 2h -v ./internal/jsonata/difftest

ASL_VALIDATOR = .stride/asl-validator
asl-validator: ## the compiled machines through npm asl-validator (installs it; Node and npm)
	@mkdir -p $(ASL_VALIDATOR) && cd $(ASL_VALIDATOR) && npm install --no-save --no-package-lock --no-audit --no-fund --silent asl-validator@4.0.0
	node internal/compile/testdata/asl-validator.mjs $(CURDIR)/$(ASL_VALIDATOR)

bench-peers: $(CLIENTS)/installed ## executions beside npm aws-local-stepfunctions, moto and LocalStack (Python 3.13; Node and npm)
	@mkdir -p .stride/peers && cd .stride/peers && npm install --no-save --no-package-lock --no-audit --no-fund --silent aws-local-stepfunctions@3.0.0
	@MOTO=$(CURDIR)/$(CLIENTS)/bin/moto_server NPM_PEERS=$(CURDIR)/.stride/peers GOFLAGS=-tags=peers \
	  go run ./internal/bench -o peers.json -bench Peers -benchtime 100x internal/machine internal/localaws

crash: ## stride local --data killed ROUNDS times under load: nothing is lost or done twice
	go test -count=1 -timeout 30m ./internal/localaws/crash -v -rounds=$(ROUNDS)

$(CLIENTS)/installed: internal/localaws/clients/requirements.txt
	python3 -m venv $(CLIENTS) && $(CLIENTS)/bin/pip install -q -r $< && touch $@

clients: $(CLIENTS)/installed ## boto3 and the aws CLI make every call of the local AWS; tasks call moto (Python 3.10 or newer)
	go build -o $(CLIENTS)/stride ./cmd/stride
	MOTO=$(CURDIR)/$(CLIENTS)/bin/moto_server go test -tags integration -count=1 ./internal/task ./flow/flowtest
	STRIDE=$(CURDIR)/$(CLIENTS)/stride $(CLIENTS)/bin/python -B -W ignore::ResourceWarning -m unittest discover -s internal/localaws/clients

integration: clients servers ## clients, servers, and the samples on a real LocalStack, compared with the local AWS (Python 3.13; Java for JSONata)
	MOTO=$(CURDIR)/$(CLIENTS)/bin/moto_server go test -tags integration -count=1 -timeout 25m ./localstack -runs=$(RUNS)

servers: $(CLIENTS)/installed ## the deploy scripts on LocalStack and moto; go test -tags aws ./internal/servers is for AWS (Python 3.13)
	MOTO=$(CURDIR)/$(CLIENTS)/bin/moto_server go test -tags 'integration moto' -count=1 -timeout 15m ./internal/servers

lint-infra: ## cfn-lint over infra/ci (Python)
	@test -x .stride/cfn-lint/bin/cfn-lint || { python3 -m venv .stride/cfn-lint && .stride/cfn-lint/bin/pip install -q cfn-lint==1.58.0; }
	.stride/cfn-lint/bin/cfn-lint infra/ci/*.yaml

generate: ## rewrite what is generated: golden files, docs, help
	go test $$(grep -rlE --include='*_test.go' 'flag\.Bool\("update"|/internal/golden"' . | xargs -n1 dirname | sort -u) -update

BROWSER = $(CURDIR)/.stride/browser
.PHONY: browser browser-tools pictures
browser-tools:
	@test -x "$${CHROMIUM:-/usr/bin/chromium}" || { apt-get update -qq && apt-get install -y -qq chromium; }
	@mkdir -p $(BROWSER) && cd $(BROWSER) && npm install --no-save --no-package-lock --no-audit --no-fund --silent playwright-core@1.65.1 axe-core@4.14.1
	go build -o $(BROWSER)/stride ./cmd/stride

browser: browser-tools ## the web page in Chromium: every feature, axe, hostile payloads, scale (Debian's chromium; Node and npm)
	STRIDE_BROWSER=$(BROWSER) node --test --test-concurrency 1 --test-reporter spec internal/server/page/browser/*.test.mjs

pictures: browser-tools ## make docs/pictures anew (what browser needs)
	STRIDE_BROWSER=$(BROWSER) node internal/server/page/browser/pictures.mjs
