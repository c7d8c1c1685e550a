# Everything a newcomer needs: `make demo` and `make test` set up what they use and say so.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin
TRAIN_BIN := .venv-train/bin
export PATH := $(PATH):/usr/sbin

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

demo: ## a visit of six sites from a simulated camera to the clinic's page (ONCE=1 ends by itself)
	@tools/prepare demo
	@$(BIN)/trichoscope demo $(if $(ONCE),--once)

test: prepare-test lint types unit unit-pi ## set up, then lint, types, layers and all tests

prepare-test:
	@tools/prepare test

lint: ## style and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: ## mypy, strict
	$(BIN)/mypy

unit: ## all tests, the system tests among them
	$(BIN)/pytest

unit-pi: ## the computing parts on the oldest numpy and OpenCV of Raspberry Pi OS
	.venv-pi/bin/pytest tests/analysis tests/phantom tests/contract tests/device/test_picture_file.py tests/device/quality tests/device/calibration --ignore-glob='*/test_session*'

unit-arm64: ## the computing parts on an emulated Cortex-A76 (the Pi 5's), with OpenCV 4.10 and 5 (about an hour)
	@tools/prepare arm64
	@# tests without OpenCV start a second Python, which only the kernel could hand to the emulator
	for opencv in 4 5; do \
	  PYTHONPATH=.arm64/opencv-$$opencv qemu-aarch64-static -cpu cortex-a76 -L .arm64/root \
	    .arm64/root/usr/bin/python3.13 -m pytest tests/analysis -p no:cacheprovider -o timeout=3600 \
	    -k "not no_opencv and not without_opencv"; \
	done

bench: bench-accuracy bench-speed bench-instrument bench-change bench-delivery bench-chair bench-collector ## all benchmarks; docs/benchmarks.md holds what they gave

bench-accuracy: ## hairs found, measured and told from what is none, against named peers
	@tools/prepare bench
	$(BIN)/python -m benchmarks.accuracy

bench-speed: ## time, memory and how they grow, against named peers
	@tools/prepare bench
	$(BIN)/python -m benchmarks.speed

bench-instrument: ## the instrument: scale, radiometry, wires, gate, a long day with faults (about an hour; PART=scale for one)
	@tools/prepare test
	@tools/prepare bench
	$(BIN)/python -m benchmarks.instrument $(if $(PART),--part $(PART))

bench-change: ## the same place again: places, hairs, figures, trial, mark, guidance, noise (about an hour; PART=figures for one)
	@tools/prepare test
	@tools/prepare bench
	$(BIN)/python -m benchmarks.change $(if $(PART),--part $(PART))

bench-delivery: ## nothing lost, doubled, altered or read by others: faults, power cuts, speed, fuzz, rights (about 75 minutes; PART=faults for one)
	@tools/prepare test
	@tools/prepare bench
	$(BIN)/python -m benchmarks.delivery $(if $(PART),--part $(PART))

bench-chair: ## the live picture: fluent beside a measurement, fresh on a slow link, nobody's hostage (about ten minutes; PART=link for one)
	@tools/prepare test
	@tools/prepare bench
	$(BIN)/python -m benchmarks.chair $(if $(PART),--part $(PART))

bench-collector: ## the clinic: figures taken in beside named peers, shared by four, memory, pages at 100,000 captures (about 40 minutes; PART=pages for one)
	@tools/prepare test
	@tools/prepare bench
	@tools/prepare peers
	$(BIN)/python -m benchmarks.collector $(if $(PART),--part $(PART))

train: ## learn anew what a shaft looks like: draws lessons, writes analysis/learned/shafts.onnx (about an hour, 12 GB of memory)
	@tools/prepare train
	$(TRAIN_BIN)/python -m training.draw --into build/lessons
	$(TRAIN_BIN)/python -m training.train --lessons build/lessons --checkpoint build/shafts.pt --out analysis/learned/shafts.onnx

unit-train: ## the tests of training, those that need torch among them
	@tools/prepare train
	$(TRAIN_BIN)/pytest tests/training

contract: ## write docs/contract anew: JSON Schema, AsyncAPI and OpenAPI, from the contract's models
	$(BIN)/python -m tools.make_contract

sbom: ## what of other people's work runs in device and collector, as CycloneDX, into build/
	@tools/prepare audit
	@.venv-audit/bin/python -m tools.sbom --into build

audit: ## known vulnerabilities in the pinned versions; ends with 3 where they cannot be looked up
	@tools/prepare audit
	@.venv-audit/bin/python -m tools.audit

pictures: ## make the pictures of README and docs anew; those of the chair page by its own tests
	$(BIN)/python -m tools.make_pictures
	TRICHOSCOPE_CHAIR_PICTURES=docs/pictures/chair $(BIN)/pytest -q \
	  $(addprefix tests/system/chair/test_,whole_visit.py access.py calibration.py safe_mode.py)

.PHONY: help demo test prepare-test lint types unit unit-pi unit-arm64 bench bench-accuracy bench-speed bench-instrument bench-change bench-delivery bench-chair bench-collector train unit-train contract pictures sbom audit
