#!/usr/bin/env bash
# Runs the tests: all but what needs long, or the parts named as arguments.
#   unit        Rust and Java without root, engine or database
#   check       formatting, lints                        native      Rust, with real engines, networks and disks
#   java        Java, with a real database               fuzz        parsers of hostile bytes, a minute in all
#   python      the published Python client              typescript  the published TypeScript client
#   api         bad input, the same thing twice or at once, habits of other clients
#   posture     what a sandbox can reach and take        faults      kills in the middle of everything
# What needs long, all of it with the one word long:
#   generations older clients, and Go's, over the core of everything
#   soak        sandboxes made, used and deleted for SANDLOT_TEST_SOAK_MINUTES (15): nothing is left, nothing grows
#   simulations random lives of SANDLOT_TEST_LIVES (5000) sandboxes with lost answers and crashing runners
#   fuzz        as above, for SANDLOT_TEST_FUZZ_SECONDS (60; with long 3600)
# Parts of the clients, api, posture, faults and soak run against a server that this script starts for them, with its own
# home, ports, address range and control group, so that a server in use on the same machine is left alone. Nothing is
# left running. Most of the time of tests is waiting, so some parts run side by side: see LANES.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The tests' own installation. It comes before instance.sh, which would choose the one in use. Runs with different slots
# (0 to 9) can go side by side, as from several working copies.
slot=${SANDLOT_TEST_SLOT:-0}
[[ $slot == [0-9] ]] || { echo "SANDLOT_TEST_SLOT must be a digit, not \"$slot\"." >&2 && exit 2; }
suffix=${slot#0}
export SANDLOT_INSTANCE=t$suffix SANDLOT_HOME=${SANDLOT_TEST_HOME:-/var/lib/sandlot-test$suffix}
export SANDLOT_API_PORT=$((13000 + 100 * slot)) SANDLOT_PROXY_PORT=$((14000 + 100 * slot))
export SANDLOT_RUNNER_PORT=$((SANDLOT_API_PORT + 3)) SANDLOT_DNS_PORT=$((SANDLOT_API_PORT + 53))
export SANDLOT_ADDRESS_POOL=10.$((slot == 0 ? 214 : 220 + slot)).0.0/16
# Others: 10.213 is what ./dev up uses, 10.215 the benchmark, 10.216 train.sh, 10.217 Rust's tests, 10.218 Java's.
export SANDLOT_POOL_GIB=8 SANDLOT_SANDBOXES_MAX=64 SANDLOT_LISTEN=127.0.0.1 SANDLOT_FAILPOINTS=true
# The tests answer there themselves: no name of the real world has to be resolved.
export SANDLOT_DNS_UPSTREAM=127.0.0.1:$((SANDLOT_API_PORT + 54))
unset SANDLOT_DATABASE_URL SANDLOT_TLS_CERTIFICATE SANDLOT_TLS_KEY SANDLOT_PROXY_DOMAIN SANDLOT_PUBLIC_URL SANDLOT_PROXY_URL DAYTONA_API_URL DAYTONA_API_KEY

# shellcheck source=versions.sh
source "$here/versions.sh"
for library in common toolchains lints engine programs instance clients; do
  # shellcheck disable=SC1090
  source "$here/lib/$library.sh"
done
# shellcheck source=setup/exercisers.sh
source "$here/setup/exercisers.sh"

DEFAULT_PARTS=(native java fuzz python typescript api posture faults)
LONG_PARTS=(generations soak simulations fuzz)
PARTS=(unit check "${DEFAULT_PARTS[@]}" generations soak simulations)
# Parts of different lanes run at the same time, those of one lane in turn; then what wants the machine for itself.
LANES=("unit check java fuzz simulations" "native python typescript generations api")
LOGS=$SANDLOT_CACHE/logs/test$suffix
ATTENDED=() # the process groups that are being waited for

part_check() {
  (
    cd "$REPOSITORY"
    lint_scripts
    lint_rust
    mvn --batch-mode --quiet spotless:check
  )
}

# The parts native and java hold these tests too, and are not made to do them twice.
part_unit() {
  (
    cd "$REPOSITORY"
    if is_chosen native; then say "Rust's unit tests: see native"; else cargo test --workspace --locked --lib --bins; fi
    if is_chosen java; then say "Java's unit tests: see java"; else mvn --batch-mode --no-transfer-progress -Dtest.scratch="$SCRATCH" test; fi
  )
}

part_native() {
  (
    cd "$REPOSITORY"
    SANDLOT_TEST_RUNSC=$(runsc_program) SANDLOT_TEST_RUNC=$(runc_program) \
      SANDLOT_TEST_FSX=$(fsx_program) SANDLOT_TEST_STRESS=$(command -v stress-ng) \
      SANDLOT_TEST_POSTGRES=$SANDLOT_CACHE/postgres/$POSTGRES_VERSION cargo test --workspace --locked --no-fail-fast
  )
}

part_java() {
  (
    cd "$REPOSITORY"
    SANDLOT_TEST_POSTGRES=$SANDLOT_CACHE/postgres/$POSTGRES_VERSION SANDLOT_TEST_IMAGES=$SANDLOT_CACHE/images \
      SANDLOT_TEST_IMAGE=$(tools/image/build.sh default id) SANDLOT_TEST_DESKTOP_IMAGE=$(tools/image/build.sh desktop id) \
      SANDLOT_TEST_RUNSC=$(runsc_program) SANDLOT_TEST_RUNC=$(runc_program) SANDLOT_TEST_NATIVE=$(native_programs) \
      mvn --batch-mode --no-transfer-progress -Dtest.scratch="$SCRATCH" -Pit test
  )
}

# Many times the lives of part java's.
part_simulations() {
  (
    cd "$REPOSITORY"
    export SANDLOT_SIMULATOR_LIVES=${SANDLOT_TEST_LIVES:-5000} SANDLOT_SIMULATOR_SECONDS=7200
    SANDLOT_TEST_POSTGRES=$SANDLOT_CACHE/postgres/$POSTGRES_VERSION mvn --batch-mode --no-transfer-progress -Dtest.scratch="$SCRATCH" -Pit \
      -pl control-plane -am -Dtest=SimulatorIT -Dsurefire.failIfNoSpecifiedTests=false test
  )
}

part_fuzz() { "$here/fuzz.sh" "${SANDLOT_TEST_FUZZ_SECONDS:-60}"; }
part_python() { with_newest tests/clients/python; }
part_api() { with_newest tests/api; }
part_faults() { with_newest tests/faults; }
part_posture() { with_newest tests/posture; }
part_soak() { with_newest tests/soak; }

part_typescript() {
  require_node
  (
    cd "$REPOSITORY/tests/clients/typescript"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    node --test --test-reporter=tap --test-timeout=180000
  )
}

# Programs in the field pin older clients: the core of each capability with each of them. What one cannot do is skipped.
GENERATION_TESTS=(async charts computer_use create errors files files_search git interpreter lsp previews process sessions terminals)
part_generations() {
  local version python folder go failed=0
  local -a tests=("${GENERATION_TESTS[@]/#/test_}")
  for version in $(older_clients python); do
    printf '\n-- Python %s\n' "$version"
    python=$(client_python "$version")
    pytest_in tests/clients/python "$python" -k "not documentation and not long_log and not crashed" "${tests[@]/%/.py}" || failed=1
  done
  for version in $(older_clients typescript); do
    printf '\n-- TypeScript %s\n' "$version"
    folder=$(client_typescript "$version")
    older_typescript "$folder" || failed=1
  done
  printf '\n-- Go\n'
  go=$(go_program)
  (cd "$REPOSITORY/tests/clients/go" && "$go" vet ./... && "$go" test -count=1 -timeout 180s -v ./...) || failed=1
  return "$failed"
}

# older_typescript FOLDER: the newest client's tests, in a folder where they find an older one.
older_typescript() {
  local folder=$1
  rm -rf "$folder/tests" "$folder/docs"
  mkdir -p "$folder/tests/clients/typescript" "$folder/tests/support" "$folder/docs"
  cp "$REPOSITORY/docs/clients.md" "$folder/docs"
  cp "$REPOSITORY"/tests/clients/typescript/*.mjs "$folder/tests/clients/typescript"
  cp "$REPOSITORY/tests/support/git_server.py" "$folder/tests/support"
  (cd "$folder/tests/clients/typescript" && node --test --test-reporter=tap --test-timeout=180000)
}

# pytest_in FOLDER PYTHON [ARGUMENT...]
pytest_in() {
  (cd "$REPOSITORY/$1" && PYTHONDONTWRITEBYTECODE=1 "$2" -m pytest -p no:cacheprovider "${@:3}")
}

# with_newest FOLDER: its tests with the newest client.
with_newest() {
  local python
  python=$(client_python)
  pytest_in "$1" "$python"
}

# Starts the tests' server before the first part that needs it.
start_test_server() {
  [[ -z ${DAYTONA_API_URL:-} ]] || return 0
  make_home
  start_launcher
  start_server
  DAYTONA_API_URL=$(api_url) DAYTONA_API_KEY=$(admin_key)
  export DAYTONA_API_URL DAYTONA_API_KEY
}

# Starts a command in a process group of its own, for await_attended.
attend() {
  set -m
  "$@" </dev/null &
  ATTENDED+=("$!")
  set +m
}

# Waits for all of them; a signal to this script ends the wait at once. Fails when one has.
await_attended() {
  local group failed=0
  for group in "${ATTENDED[@]}"; do wait "$group" || failed=1; done
  ATTENDED=()
  return "$failed"
}

# Whatever is still waited for ends, with all that it has started.
end_attended() {
  local group deadline=$((SECONDS + 60)) interrupted=0
  for group in "${ATTENDED[@]}"; do
    kill -TERM -- "-$group" 2>/dev/null || continue
    ((interrupted++)) || warn "Interrupted: ending what runs."
  done
  for group in "${ATTENDED[@]}"; do
    while kill -0 -- "-$group" 2>/dev/null; do
      ((SECONDS < deadline)) || kill -KILL -- "-$group" 2>/dev/null
      sleep 0.1
    done
  done
}

# What tests that were killed could not clean up.
clean_launchers() {
  local home process name java
  java=$(native_programs)/sandlot-launcher
  for home in "$SCRATCH"/slr*; do
    [[ -x $java && -f $home/launcher.json ]] || continue
    "$java" clean --config "$home/launcher.json" >/dev/null
  done
  local launcher=${CARGO_TARGET_DIR:-$REPOSITORY/target}/x86_64-unknown-linux-gnu/debug/sandlot-launcher
  for home in /tmp/sandlot-launcher-*-*; do
    process=${home#/tmp/sandlot-launcher-}
    [[ -x $launcher && -f $home/launcher.json && ! -d /proc/${process%-*} ]] || continue
    "$launcher" clean --config "$home/launcher.json" >/dev/null && rm -rf --one-file-system "$home"
  done
  for name in /run/netns/sandlot-internet-*; do
    process=${name#/run/netns/sandlot-internet-}
    [[ ! -e $name || -d /proc/${process%-*} ]] || ip netns delete "${name##*/}"
  done
}

finish() {
  local status=$?
  trap - EXIT
  trap '' INT TERM # what follows is short, and leaves nothing behind only as a whole
  set +e
  end_attended
  clean_launchers
  remove_scratch
  # The log of a failed run would go with the home.
  [[ ! -d $SANDLOT_HOME/logs ]] || cp "$SANDLOT_HOME"/logs/*.log "$LOGS/" 2>/dev/null
  ( # not in a condition, where bash would ignore set -e
    set -e
    remove_home
  )
  # shellcheck disable=SC2181
  (($? == 0)) || status=1
  local left
  left=$(leftovers)
  if [[ -n $left ]]; then
    warn "The tests left something behind:"
    warn "$left"
    status=1
  fi
  exit "$status"
}

# run_parts PART...: in lanes, then those that are in none.
run_parts() {
  local lane part
  local -a lanes=() rest=()
  for part in "$@"; do
    case $part in python | typescript | generations | api | faults | posture | soak) start_test_server ;; esac
  done
  for lane in "${LANES[@]}"; do
    lane=$(for part in $lane; do is_chosen "$part" && printf '%s ' "$part"; done; true)
    [[ -z $lane ]] || lanes+=("$lane")
  done
  for part in "$@"; do [[ " ${LANES[*]} " == *" $part "* ]] || rest+=("$part"); done
  # What is said by parts side by side would be mixed up: it is shown when each has ended.
  for lane in "${lanes[@]}"; do
    # shellcheck disable=SC2086  # the parts are words
    attend run_lane "$((${#lanes[@]} == 1))" $lane
  done
  set +e # and not in a condition, where bash would ignore the parts' set -e
  await_attended
  attend run_lane 1 "${rest[@]}"
  await_attended
  set -e
}

# run_lane LIVE PART...: in a shell of its own. LIVE is 1 when what the parts say is shown while they run.
run_lane() {
  local live=$1 part began status
  for part in "${@:2}"; do
    began=$SECONDS
    printf '\n== %s%s\n' "$part" "$( ((live)) || echo ": begun, as one of those side by side")"
    set +e
    if ((live)); then (logged_part "$part"); else (logged_part "$part") >/dev/null; fi
    status=$?
    set -e
    if ((!live)); then
      flock "$LOGS" awk -v part="$part" 'BEGIN { print "\n== " part ": has ended; its log" } { print }' "$LOGS/$part.log"
    fi
    printf '%s %s\n' "$( ((status == 0)) && echo passed || echo FAILED)" "$((SECONDS - began))" >"$LOGS/$part.result"
  done
}

# logged_part PART: what it says, and the same in its log.
logged_part() {
  set -e
  ("part_$1") 2>&1 | (
    trap '' INT TERM # those before it may have something to say about their end
    exec tee "$LOGS/$1.log"
  )
}

# The runners' own last words, then a line for each part.
summary() {
  local part failed=0 result took
  printf '\n== summary\n'
  for part in "$@"; do
    case $part in
      java | unit | native | simulations) grep -E 'Tests run:.*Skipped: [0-9]+$|^test result:' "$LOGS/$part.log" || true ;;
      fuzz) grep -E '^[0-9]+ passed, [0-9]+ failed$' "$LOGS/$part.log" || true ;;
      typescript) grep -E '^# (tests|pass|fail|skipped) ' "$LOGS/$part.log" || true ;;
      generations) grep -E '^(-- |=+ .*(passed|failed|error).* =+$|# (tests|pass|fail|skipped) |(ok|FAIL)\s+sandlot)' "$LOGS/$part.log" || true ;;
      python | api | faults | posture | soak) grep -E '^=+ .*(passed|failed|error).* =+$' "$LOGS/$part.log" || true ;;
    esac
  done
  for part in "$@"; do
    result="not run" took=0
    [[ ! -f $LOGS/$part.result ]] || read -r result took <"$LOGS/$part.result"
    printf '%-11s %s in %s s\n' "$part" "$result" "$took"
    [[ $result == passed ]] || failed=1
  done
  say "All of it took $SECONDS s."
  return "$failed"
}

is_chosen() { [[ " ${chosen[*]} " == *" $1 "* ]]; }

require_root test
chosen=()
for part in "${@:-default}"; do
  case $part in
    default) chosen+=("${DEFAULT_PARTS[@]}") ;;
    long)
      chosen+=("${LONG_PARTS[@]}")
      export SANDLOT_TEST_FUZZ_SECONDS=${SANDLOT_TEST_FUZZ_SECONDS:-3600}
      ;;
    *) chosen+=("$part") ;;
  esac
done
for part in "${chosen[@]}"; do
  [[ " ${PARTS[*]} " == *" $part "* ]] || fail "There is no part \"$part\". The parts are: ${PARTS[*]}, and long for what needs long."
done

# What the chosen parts need of set-up: nothing of the server for those that do without it.
steps=(packages)
for part in "${chosen[@]}"; do
  case $part in
    unit) ;;
    fuzz) steps+=(fuzzer) ;;
    check) steps+=(shellcheck) ;;
    native) steps+=(exercisers users engine runc database) ;;
    simulations) steps+=(users database) ;;
    java) steps+=(users engine runc database image desktop native) ;;
    python | typescript) steps+=(start-cache desktop) ;;
    generations) steps+=(start-cache desktop go) ;;
    *) steps+=(start-cache) ;;
  esac
done
mkdir -p "$LOGS"
own_lock "$SANDLOT_CACHE/.test$suffix.lock"
exec {lock}>"$SANDLOT_CACHE/.test$suffix.lock"
flock --nonblock "$lock" || fail "Other tests are running on this machine. Wait until they have ended."
make_scratch
trap finish EXIT
trap 'exit 130' INT TERM
attend "$here/setup.sh" "${steps[@]}"
await_attended
require_java
require_maven
require_rust
remove_home
rm -f "$LOGS"/*.result
run_parts "${chosen[@]}"
summary "${chosen[@]}"
