# The doors of patchlab: every job that has to be done in a clone has a target here.
# "make" alone lists them. V=1 shows what the stages of "make check" print.

# Both modules: the project, and the stand-in for the engine's binding.
MODULES := . standin/unicorn

# How long "make fuzz" tries each test.
FUZZTIME := 30s

.DEFAULT_GOAL := help
.PHONY: help deps build run test check fuzz bench breaks prove matrix clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

deps: ## install what is missing: a C compiler, the Unicorn engine (needs Go)
	@tools/deps.sh

build: deps ## build bin/patchlab
	go build -o bin/patchlab ./cmd/patchlab

run: build ## build, then run the demonstration, twice to compare
	bin/patchlab run -check testprogs/demo/demo.txtar

test: deps ## run the tests of both modules
	@for m in $(MODULES); do (cd $$m && go test ./...) || exit 1; done

check: deps ## all checks: generate, format, vet, lint, test, race, tree (V=1: show output)
	@V=$(V) tools/check.sh $(MODULES)

fuzz: deps ## try new inputs and seeds, each test for FUZZTIME (FUZZSEED, FUZZONLY: see tools/fuzz.sh)
	@for m in $(MODULES); do (cd $$m && FUZZTIME=$(FUZZTIME) FUZZSEED=$(FUZZSEED) FUZZONLY='$(FUZZONLY)' $(CURDIR)/tools/fuzz.sh) || exit 1; done

bench: deps ## run the benchmarks
	@for m in $(MODULES); do (cd $$m && $(CURDIR)/tools/bench.sh) || exit 1; done

breaks: build ## measure how soon each break is found, write docs/breaks.md (5 min)
	bin/patchlab breaks -table >docs/breaks.tmp || { rm -f docs/breaks.tmp; exit 1; }
	mv docs/breaks.tmp docs/breaks.md

prove: deps ## replay a million schedules in other processes, write docs/prove.md (10 min)
	go run ./cmd/prove -o docs/prove.md

matrix: deps ## compare runs on the engine installed and on the newest of Debian (needs the network)
	@tools/matrix.sh

clean: ## remove what the targets above made in this folder
	rm -rf bin .cache
