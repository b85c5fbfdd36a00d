# Everything a person working on Rehearse runs. `make test` needs Go and nothing else.

GOLANGCI_VERSION    := v2.15.0
GOVULNCHECK_VERSION := v1.9.0
BIN                 := $(shell go env GOPATH)/bin
# Pictures of the browser test go here, outside the repository.
ARTEFACTS           ?= $(or $(TMPDIR),/tmp)/rehearse-artefacts

.PHONY: run test race lint vuln packs web web-check compose bench check fmt models e2e-model

run:
	go run ./cmd/rehearse

# The tests: no cgo, no network, no model, no Node. The browser test runs where Chromium is installed and says so where it is not.
test:
	REHEARSE_ARTEFACTS=$(ARTEFACTS) CGO_ENABLED=0 go test ./...

race:
	CGO_ENABLED=1 go test -race -timeout 40m ./...

fmt:
	gofmt -w cmd server knowledge prompts web/embed.go

lint: $(BIN)/golangci-lint
	go vet ./...
	$(BIN)/golangci-lint run

$(BIN)/golangci-lint:
	go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

# The list of known vulnerabilities comes from the network; where it cannot be reached that is said, not hidden.
vuln: $(BIN)/govulncheck
	@out=$$($(BIN)/govulncheck ./... 2>&1); code=$$?; echo "$$out"; \
	if [ $$code -ne 0 ] && echo "$$out" | grep -qE 'fetching vulnerabilities|dial tcp|no such host|connection refused|timeout'; then \
		echo "govulncheck: not checked, its database cannot be reached from here"; exit 0; fi; exit $$code

$(BIN)/govulncheck:
	go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)

# Every snippet of a pack parses in its language, and every scripting task has a solution that makes its output. Needs Node and Python.
packs:
	cd .ci/parse && npm ci
	REHEARSE_PARSERS=required go test ./server/pack -run 'Snippet|Solutions'
	go run ./cmd/rehearse lint

# Rebuilds the page. web/dist is committed, so that a Go build needs no Node.
web:
	cd web && npm ci && npm run build

# Types, unit tests, and that the committed page is the one its source makes.
web-check: web
	cd web && npm run check && npm test
	git diff --exit-code -- web/dist
	test -z "$$(git status --porcelain -- web/dist)"

# The compose file is valid, and the port is published on this machine only.
compose:
	docker-compose config -q
	docker-compose config | grep -qE '127\.0\.0\.1:7331:7331|host_ip: 127\.0\.0\.1'

# A real Ollama server and small real models, made once and kept outside the repository. Nothing else needs them.
models:
	python3 bench/model/setup.py

# Interviews, grading, the exam and embeddings with them; what takes hours is in bench/README.md.
e2e-model: models
	REHEARSE_E2E_MODEL=1 go test ./server/ollama ./cmd/rehearse ./server/smoke -run TestReal -v -count=1 -p 1 -timeout 60m

bench:
	go test -run '^$$' -bench . -benchmem -timeout 40m ./server/...

check: test race lint vuln packs web-check compose
