# shellcheck shell=bash
# Which runsc is used, and how old it is. Sourced, after common.sh and versions.sh; never run.

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
