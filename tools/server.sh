#!/usr/bin/env bash
# The commands that concern the running server: up, down, restart, status, logs, env.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.sh
source "$here/versions.sh"
for library in common toolchains engine programs instance; do
  # shellcheck disable=SC1090
  source "$here/lib/$library.sh"
done

# What runs now was built from these sources.
build_identity() { echo "$(native_programs) $(server_programs)"; }

up() {
  require_root up
  "$here/setup.sh"
  make_home
  if running server >/dev/null && server_ready; then
    say "Sandlot is running already: $(if runner_alone; then runner_url; else api_url; fi)"
    # Whatever has ended their supervisors, these take over what runs.
    running launcher.supervisor >/dev/null || start_launcher
    running server.supervisor >/dev/null || start_server
    [[ $(<"$RUN/build") == "$(build_identity)" ]] || say "It runs an older build; ./dev restart switches to the new one."
  else
    stop server 30
    refuse_taken_ports
    say "Starting."
    { running launcher && running launcher.supervisor; } >/dev/null || start_launcher
    start_server
    build_identity >"$RUN/build"
  fi
  if runner_alone; then
    say "The runner listens for the proxy: $(runner_url). Its control plane: $SANDLOT_CONTROL_PLANE_URL"
    return 0
  fi
  first_run
  introduce
}

refuse_taken_ports() {
  local port owner
  local -a ports=("$SANDLOT_API_PORT" "$SANDLOT_PROXY_PORT")
  ! runner_alone || ports=("$SANDLOT_RUNNER_PORT")
  for port in "${ports[@]}"; do
    owner=$(ss --no-header --listening --tcp --processes "sport = :$port")
    [[ -z $owner ]] || fail "Port $port is taken by $(sed -n 's/.*users:((\(".*\)))/\1/p' <<<"$owner")." \
      "End that program, or set SANDLOT_API_PORT and SANDLOT_PROXY_PORT, or SANDLOT_RUNNER_PORT of a runner alone."
  done
}

first_run() {
  say "Running Python in a first sandbox:"
  say ""
  DAYTONA_API_URL=$(api_url) DAYTONA_API_KEY=$(admin_key) SANDLOT_HOME=$SANDLOT_HOME python3 "$here/first-run.py" | sed 's/^/    /'
  say ""
}

introduce() {
  say "API:        $(api_url)"
  say "Admin key:  $ADMIN_KEY (readable by root and the server only)"
  say "Clients:    eval \"\$(./dev env)\" sets DAYTONA_API_URL and DAYTONA_API_KEY; any Daytona client then works here."
  say "Stop:       ./dev down"
}

down() {
  require_root down
  if [[ ! -d $SANDLOT_HOME ]]; then
    say "Nothing is installed in $SANDLOT_HOME."
    return 0
  fi
  stop_all
  rm -f "$RUN/build"
  say "Stopped. Sandboxes' disks and the database stay in $SANDLOT_HOME; ./dev up brings them back."
}

restart() {
  require_root restart
  "$here/setup.sh"
  make_home
  stop server 30
  stop launcher 30
  start_launcher
  start_server
  build_identity >"$RUN/build"
  say "Restarted; running sandboxes were kept."
}

status() {
  local name process everything=0
  for name in launcher server; do
    if process=$(running "$name"); then
      printf '%-9s running as process %s for %s, %s MiB\n' "$name" "$process" \
        "$(ps -o etime= -p "$process" | tr -d ' ')" "$(($(ps -o rss= -p "$process") / 1024))"
    else
      printf '%-9s not running\n' "$name"
      everything=1
    fi
    status_of_supervisor "$name"
  done
  if ((everything == 0)); then
    if server_ready; then say "It answers: $(if runner_alone; then runner_url; else api_url; fi)"; else
      say "It does not answer. Look at: ./dev logs"
      everything=1
    fi
  fi
  return "$everything"
}

# What has become of NAME since ./dev up started it.
status_of_supervisor() {
  local count=0 last=0 next=0 reason=""
  if ! running "$1.supervisor" >/dev/null; then
    ! running "$1" >/dev/null || printf '%-9s nothing starts it again when it ends; ./dev up mends that\n' ""
    return 0
  fi
  [[ ! -f $RUN/$1.ends ]] || read -r count last next reason <"$RUN/$1.ends"
  ((count > 0)) || return 0
  printf '%-9s started again %s times, the last time at %s: it %s\n' "" "$count" "$(date --date="@$last" '+%F %T')" "$reason"
  ((next <= EPOCHSECONDS)) || printf '%-9s it ends at each start, so the next one is in %s s. Look at: ./dev logs\n' "" "$((next - EPOCHSECONDS))"
}

logs() {
  [[ -f $SANDLOT_HOME/logs/server.log ]] || fail "There are no logs in $SANDLOT_HOME/logs yet. Start with: ./dev up"
  local -a files=("$SANDLOT_HOME"/logs/{launcher,server}.log)
  [[ ! -f $SANDLOT_HOME/logs/supervisor.log ]] || files+=("$SANDLOT_HOME/logs/supervisor.log")
  case ${1:-} in
    "") tail -n 100 "${files[@]}" ;;
    -f | --follow) exec tail -n 20 -F "${files[@]}" ;;
    *) fail "./dev logs knows only -f." ;;
  esac
}

print_env() {
  [[ -e $ADMIN_KEY ]] || fail "There is no admin key in $ADMIN_KEY yet. Start with: ./dev up (and ask as root for it)"
  [[ -r $ADMIN_KEY ]] || fail "$ADMIN_KEY is readable by root and the server only. Run: sudo ./dev env"
  echo "export DAYTONA_API_URL='$(api_url)'"
  echo "export DAYTONA_API_KEY='$(admin_key)'"
}

case $1 in
  up) up ;;
  down) down ;;
  restart) restart ;;
  status) status ;;
  logs) logs "${@:2}" ;;
  env) print_env ;;
esac
