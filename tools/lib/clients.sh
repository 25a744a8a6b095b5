# shellcheck shell=bash
# The published clients, pinned, for tests and benchmarks. Sourced, after common.sh and toolchains.sh; never run.

# older_clients LANGUAGE: the versions that the tests are also run with, oldest first. Each is a folder with its pins.
older_clients() {
  find "$REPOSITORY/tests/clients/$1/generations" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort --version-sort
}

# client_python [VERSION]: a Python that has the newest client or an older one, and the test runner. It is installed once
# for each list of packages.
client_python() {
  local requirements=$REPOSITORY/tests/clients/python/${1:+generations/$1/}requirements.txt environment
  environment=$SANDLOT_CACHE/python-$(sha256sum "$requirements" | cut -c1-12)
  if [[ ! -d $environment ]]; then
    require_python
    rm -rf "$environment.partial"
    python3 -m venv "$environment.partial" >&2 || return
    "$environment.partial/bin/python" -m pip install --quiet --require-hashes --requirement "$requirements" >&2 || return
    mv "$environment.partial" "$environment"
  fi
  echo "$environment/bin/python"
}

# client_typescript VERSION: a folder that has an older client where programs in it look for the newest, installed once.
client_typescript() {
  local pins=$REPOSITORY/tests/clients/typescript/generations/$1 environment
  environment=$SANDLOT_CACHE/typescript-$(sha256sum "$pins/package-lock.json" | cut -c1-12)
  if [[ ! -d $environment ]]; then
    require_node
    rm -rf "$environment.partial"
    mkdir "$environment.partial"
    cp "$pins"/package*.json "$environment.partial"
    (cd "$environment.partial" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || return
    mv "$environment.partial" "$environment"
  fi
  echo "$environment"
}
