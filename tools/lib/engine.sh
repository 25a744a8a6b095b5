# shellcheck shell=bash
# Which runsc and which runc are used, and how old they are. Sourced, after common.sh and versions.sh; never run.

# runsc_date PROGRAM: the date in its version (release-20260901.0, or the module version of our own build), or nothing.
runsc_date() { "$1" --version 2>/dev/null | sed -n 's/^runsc version [^0-9]*\([0-9]\{8\}\).*/\1/p' | head -n 1; }

runsc_own() { echo "$SANDLOT_CACHE/runsc/$RUNSC_MODULE_VERSION-$RUNSC_RECIPE/runsc"; }

# runsc_program: the engine to use: the machine's own when it is recent enough, else the one we built, or nothing.
runsc_program() {
  local installed date
  for installed in "${SANDLOT_RUNSC:-}" "$(command -v runsc || true)"; do
    [[ -x $installed ]] || continue
    date=$(runsc_date "$installed")
    if [[ -n $date && $date -ge $RUNSC_DATE ]]; then
      realpath "$installed"
      return 0
    fi
  done
  if [[ -x $(runsc_own) ]]; then runsc_own; fi
}

runc_own() { echo "$SANDLOT_CACHE/runc/$RUNC_VERSION-$RUNC_RECIPE/runc"; }

runc_version() { "$1" --version 2>/dev/null | sed -n 's/^runc version //p'; }

# runc_safe VERSION: whether no way out of its containers is known. A candidate (-rc) comes before its release.
runc_safe() {
  [[ $1 =~ ^([0-9]+\.[0-9]+)\.[0-9]+ ]] || return
  local number=${BASH_REMATCH[0]} line=${BASH_REMATCH[1]} first
  for first in "${RUNC_SAFE[@]}"; do
    [[ $line == "${first%.*}" ]] || continue
    at_least "$number" "$first" && [[ $1 != "$first"[-~]* ]]
    return
  done
  at_least "$line" "${RUNC_SAFE[-1]}"
}

# runc_program: the machine's own when it is safe, else the one we built, or nothing.
runc_program() {
  local installed version
  for installed in "${SANDLOT_RUNC:-}" "$(command -v runc || true)"; do
    [[ -x $installed ]] || continue
    version=$(runc_version "$installed")
    if [[ -n $version ]] && runc_safe "$version"; then
      realpath "$installed"
      return 0
    fi
  done
  if [[ -x $(runc_own) ]]; then runc_own; fi
}
