# Daily targets; each is a script that also runs without make.
.PHONY: setup check test test-desk demo bench docs faults format contracts

setup:      ## everything this checkout needs
	scripts/setup
check:      ## format, lint, types, pure tests (under a minute)
	scripts/check
test:       ## all tests that need no external server
	scripts/test
test-desk:  ## the party's desk, over HTTP and in a real browser
	scripts/test-desk
demo:       ## the whole path once, for real
	scripts/demo
bench:      ## measure; NAME=gas for one of benchmarks/
	scripts/bench $(NAME)
faults:     ## N faults under load; SEED=2 for others; BREAK=1 (or loses, lies, doubles, ack) for a system with a mistake
	scripts/faults --faults $(or $(N),100) --seed $(or $(SEED),1) $(if $(BREAK),--break $(if $(filter 1,$(BREAK)),loses,$(BREAK)))
docs:       ## redraw what the docs draw from the rules
	scripts/setup && scripts/draw_docs
contracts:  ## compile, and write artifacts and snapshots
	scripts/setup && scripts/compile_contracts
format:
	scripts/setup && .venv/bin/ruff format . && .venv/bin/ruff check --fix .
