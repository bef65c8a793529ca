.PHONY: build test lint bench stages fuzz score

# The program.
build:
	go build -o bin/assay ./cmd/assay

# All tests; what README promises.
test:
	go test -timeout 25m ./...

lint:
	gofmt -l $$(git ls-files "*.go" ":!lab")
	go vet ./...
	go tool staticcheck ./...

bench:
	go test -run "^$$" -bench . ./...

# Public systems under $$ASSAY_CORPUS against what was expected of them, with the vulnerability data in $$ASSAY_DATABASE (assay db import).
score: build
	go run ./dev/score -assay bin/assay -corpus "$$ASSAY_CORPUS" -database "$$ASSAY_DATABASE"

# Stages of an assessment of $$DIR: cold, unchanged, one file edited.
stages: build
	go run ./dev/bench "$$DIR"
