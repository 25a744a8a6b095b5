# shellcheck shell=bash
# Runs steps side by side and shows where each of them is. Sourced, never run.
#
#   steps_begin LOGS               forgets earlier steps; each step's output goes to LOGS/<name>.log
#   step NAME KIND TITLE AFTER...  one step; the functions ready_NAME and do_NAME belong to it (dashes become _).
#                                  KIND is download, build or install; AFTER names the steps it waits for
#   steps_choose NAME...           leaves out all but these and what they wait for; without a name it keeps all
#   steps_run                      runs them; 1 when one failed. Call it plainly: in a condition (`steps_run || …`) bash
#                                  ignores `set -e` in the steps too, and a step that went wrong half-way would be "done"
#
# A step whose ready_NAME succeeds is not run. After a failure no new step starts and the running ones are ended:
# what they made is kept aside under temporary names until it is whole, so that the next run goes on from there.

steps_begin() {
  STEPS_LOGS=$1 STEPS_NAMES=()
  declare -gA STEP_KIND=() STEP_TITLE=() STEP_AFTER=() STEP_STATE=() STEP_BEGAN=() STEP_TOOK=() STEP_PROCESS=()
  mkdir -p "$STEPS_LOGS"
}

step() {
  STEPS_NAMES+=("$1")
  STEP_KIND[$1]=$2 STEP_TITLE[$1]=$3 STEP_STATE[$1]=waiting
  shift 3
  STEP_AFTER[${STEPS_NAMES[-1]}]=$*
}

steps_choose() {
  (($# > 0)) || return 0
  local -a open=("$@") kept=()
  local -A wanted=()
  local name
  while ((${#open[@]})); do
    name=${open[0]}
    open=("${open[@]:1}")
    [[ -n ${STEP_STATE[$name]:-} ]] || fail "There is no step \"$name\". The steps are: ${STEPS_NAMES[*]}."
    wanted[$name]=1
    # shellcheck disable=SC2206  # the names are words
    open+=(${STEP_AFTER[$name]})
  done
  for name in "${STEPS_NAMES[@]}"; do
    [[ -z ${wanted[$name]:-} ]] || kept+=("$name")
  done
  STEPS_NAMES=("${kept[@]}")
}

steps_run() {
  local name left
  STEPS_SHOWN=0 STEPS_FAILED=""
  set -m # each step in a process group of its own, to be ended with all it started
  trap 'steps_end_all; warn "Interrupted. What is done is kept; the same command goes on from there."; exit 130' INT TERM
  while :; do
    left=0
    for name in "${STEPS_NAMES[@]}"; do
      steps_advance "$name"
      case ${STEP_STATE[$name]} in
        running) left=1 ;;
        waiting) [[ -n $STEPS_FAILED ]] || left=1 ;;
      esac
    done
    steps_show
    ((left)) || break
    if [[ -n $STEPS_FAILED ]]; then steps_end_all; fi
    sleep 0.2
  done
  trap - INT TERM
  set +m
  [[ -z $STEPS_FAILED ]] || steps_explain "$STEPS_FAILED"
}

# Starts NAME when all before it is done; notices when it has ended.
steps_advance() {
  local name=$1 function=${1//-/_} before
  case ${STEP_STATE[$name]} in
    waiting)
      [[ -z $STEPS_FAILED ]] || return 0
      for before in ${STEP_AFTER[$name]}; do
        [[ ${STEP_STATE[$before]} == "done" || ${STEP_STATE[$before]} == ready ]] || return 0
      done
      if "ready_$function" >"$STEPS_LOGS/$name.ready.log" 2>&1; then
        STEP_STATE[$name]=ready
        return 0
      fi
      STEP_STATE[$name]=running STEP_BEGAN[$name]=$SECONDS
      (
        set -euo pipefail
        "do_$function"
      ) </dev/null >"$STEPS_LOGS/$name.log" 2>&1 &
      STEP_PROCESS[$name]=$!
      steps_line "${STEP_TITLE[$name]} ..."
      ;;
    running)
      kill -0 "${STEP_PROCESS[$name]}" 2>/dev/null && return 0
      STEP_TOOK[$name]=$((SECONDS - STEP_BEGAN[$name]))
      if wait "${STEP_PROCESS[$name]}" 2>/dev/null; then
        STEP_STATE[$name]="done"
        steps_line "${STEP_TITLE[$name]}: done in ${STEP_TOOK[$name]} s"
      else
        STEP_STATE[$name]=failed
        : "${STEPS_FAILED:=$name}"
        steps_line "${STEP_TITLE[$name]}: failed after ${STEP_TOOK[$name]} s"
      fi
      ;;
  esac
}

# A line for logs and pipes; a terminal gets the live display instead.
steps_line() { [[ -t 1 ]] || say "  $1"; }

steps_show() {
  [[ -t 1 ]] || return 0
  local name state shown=0
  ((STEPS_SHOWN == 0)) || printf '\033[%dA' "$STEPS_SHOWN"
  for name in "${STEPS_NAMES[@]}"; do
    state=${STEP_STATE[$name]}
    case $state in
      ready) continue ;;
      waiting) state="waits" ;;
      running) state="$((SECONDS - STEP_BEGAN[$name])) s ..." ;;
      done) state="done, ${STEP_TOOK[$name]} s" ;;
      failed) state="FAILED" ;;
      ended) state="ended" ;;
    esac
    printf '\033[2K  %-52s %s\n' "${STEP_TITLE[$name]}" "$state"
    shown=$((shown + 1))
  done
  printf '\033[J'
  STEPS_SHOWN=$shown
}

steps_end_all() {
  local name
  for name in "${STEPS_NAMES[@]}"; do
    [[ ${STEP_STATE[$name]} == running ]] || continue
    kill -TERM -- "-${STEP_PROCESS[$name]}" 2>/dev/null || true
    wait "${STEP_PROCESS[$name]}" 2>/dev/null || true
    STEP_STATE[$name]=ended STEP_TOOK[$name]=$((SECONDS - STEP_BEGAN[$name]))
  done
}

steps_explain() {
  warn ""
  warn "\"${STEP_TITLE[$1]}\" did not work. The end of its log:"
  warn ""
  tail -n 20 "$STEPS_LOGS/$1.log" | sed 's/^/    /' >&2
  warn ""
  warn "The whole log: $STEPS_LOGS/$1.log. What is done is kept: fix the cause and run the same command again."
  return 1
}

# steps_summary: one line on where the time went, nothing when there was nothing to do.
steps_summary() {
  local name downloads=0 builds=0 ran=0
  for name in "${STEPS_NAMES[@]}"; do
    [[ ${STEP_STATE[$name]} == "done" ]] || continue
    ran=1
    case ${STEP_KIND[$name]} in
      download) downloads=$((downloads + STEP_TOOK[$name])) ;;
      *) builds=$((builds + STEP_TOOK[$name])) ;;
    esac
  done
  ((ran == 0)) || say "Set-up took $SECONDS s: downloads $downloads s, installs and builds $builds s, side by side."
}
