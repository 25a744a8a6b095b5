# shellcheck shell=bash
# The published clients, pinned, for tests and benchmarks. Sourced, after common.sh and toolchains.sh; never run.

# client_python: a Python that has the client and the test runner, installed once for each list of packages.
client_python() {
  local requirements=$REPOSITORY/tests/clients/python/requirements.txt environment
  environment=$SANDLOT_CACHE/python-$(sha256sum "$requirements" | cut -c1-12)
  if [[ ! -d $environment ]]; then
    require_python
    rm -rf "$environment.partial"
    python3 -m venv "$environment.partial" >&2
    "$environment.partial/bin/python" -m pip install --quiet --require-hashes --requirement "$requirements" >&2
    mv "$environment.partial" "$environment"
  fi
  echo "$environment/bin/python"
}
