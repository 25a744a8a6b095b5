# shellcheck shell=bash disable=SC2034
# One installation on this machine: its settings, its files, its processes. Sourced, after common.sh, toolchains.sh,
# engine.sh and programs.sh; never run. `./dev up` and the tests each have an installation of their own.

SANDLOT_INSTANCE=${SANDLOT_INSTANCE:-main}
SANDLOT_API_PORT=${SANDLOT_API_PORT:-3000}
SANDLOT_PROXY_PORT=${SANDLOT_PROXY_PORT:-4000}
SANDLOT_RUNNER_PORT=${SANDLOT_RUNNER_PORT:-$((SANDLOT_API_PORT + 3))}
SANDLOT_DNS_PORT=${SANDLOT_DNS_PORT:-$((SANDLOT_API_PORT + 53))}
SANDLOT_DATABASE_PORT=${SANDLOT_DATABASE_PORT:-5432}
SANDLOT_LISTEN=${SANDLOT_LISTEN:-127.0.0.1}
SANDLOT_ADDRESS_POOL=${SANDLOT_ADDRESS_POOL:-10.213.0.0/16}
SANDLOT_SANDBOXES_MAX=${SANDLOT_SANDBOXES_MAX:-1000}

RUN=$SANDLOT_HOME/run
LAUNCHER_CONFIG=$SANDLOT_HOME/launcher.json
ADMIN_KEY=$SANDLOT_HOME/secrets/admin.key

# as_server COMMAND...: as the server's user. Its folders hold what it wants them to, links to what root alone may read
# among that; whoever reads there reads as it.
as_server() {
  if [[ $EUID -ne 0 ]]; then "$@"; else setpriv --reuid sandlot --regid sandlot --clear-groups "$@"; fi
}

admin_key() { as_server timeout 5 head -c 200 "$ADMIN_KEY"; }

# Where a client on this machine reaches the API.
api_url() {
  local scheme=http address=$SANDLOT_LISTEN
  [[ -z ${SANDLOT_TLS_CERTIFICATE:-} ]] || scheme=https
  [[ $address != 0.0.0.0 && $address != "::" ]] || address=127.0.0.1
  [[ $address != *:* ]] || address="[$address]"
  echo "$scheme://$address:$SANDLOT_API_PORT/api"
}

# runner_alone: whether this is a runner whose control plane is somewhere else.
runner_alone() { [[ ${SANDLOT_ROLES:-} == runner ]]; }

# Where this machine reaches a runner alone.
runner_url() {
  local url
  url=$(api_url)
  url=${url%/api}
  echo "${url%:*}:$SANDLOT_RUNNER_PORT"
}

# Half of what is free, at most 100 GiB, unless it is set; an existing pool keeps its size.
pool_bytes() {
  local free
  if [[ -f $SANDLOT_HOME/pool.btrfs ]]; then
    stat --format=%s "$SANDLOT_HOME/pool.btrfs"
  elif [[ -n ${SANDLOT_POOL_GIB:-} ]]; then
    echo $((SANDLOT_POOL_GIB << 30))
  else
    free=$(df --output=avail --block-size=1 "$SANDLOT_HOME" | tail -n 1)
    echo $((free / 2 < 100 << 30 ? free / 2 : 100 << 30))
  fi
}

# Folders as the trust zones want them: root's, but for the keys, which are the server's alone.
make_home() {
  ((${#SANDLOT_HOME} <= 44)) || fail "SANDLOT_HOME ($SANDLOT_HOME) may have at most 44 characters: Unix sockets lie below it."
  install -d -m 0755 -o root -g root "$SANDLOT_HOME" "$RUN"
  install -d -m 0750 -o root -g root "$SANDLOT_HOME/logs"
  install -d -m 0700 -o sandlot -g sandlot "$SANDLOT_HOME/secrets" "$SANDLOT_HOME/server"
}

# The setting's comma list as JSON; the launcher says what is wrong with an entry.
blocked_ranges() {
  python3 -c 'import json, sys; print(json.dumps([each.strip() for each in sys.argv[1].split(",") if each.strip()]))' \
    "${SANDLOT_BLOCKED_RANGES:-}"
}

# write_launcher_config PROGRAMS: PROGRAMS is the folder of our native programs.
write_launcher_config() {
  local runc failpoints=${SANDLOT_FAILPOINTS:-false}
  runc=$(runc_program)
  install -m 0600 /dev/stdin "$LAUNCHER_CONFIG" <<JSON
{
  "instance": "$SANDLOT_INSTANCE",
  "home": "$SANDLOT_HOME",
  "runner_user": "sandlot",
  "database_user": "sandlot-db",
  "address_pool": "$SANDLOT_ADDRESS_POOL",
  "dns_port": $SANDLOT_DNS_PORT,
  "pool_bytes": $(pool_bytes),
  "runsc": "$(runsc_program)",
  "runc": $(if [[ -n $runc ]]; then echo "\"$runc\""; else echo null; fi),
  "agent": "$1/sandlot-agent",
  "images": "$SANDLOT_CACHE/images",
  "postgres": "$SANDLOT_CACHE/postgres/$POSTGRES_VERSION",
  "database_port": $SANDLOT_DATABASE_PORT,
  "sandboxes_max": $SANDLOT_SANDBOXES_MAX,
  "blocked_ranges": $(blocked_ranges),
  "failpoints": $failpoints
}
JSON
}

# A process is remembered by its number and its start time, so that a reused number is never taken for it.
process_start_time() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# running NAME: the number of the process, or failure when it is not there any more. NAME.supervisor is what keeps NAME up.
running() {
  local process began
  [[ -f $RUN/$1.pid ]] || return 1
  read -r process began <"$RUN/$1.pid"
  [[ -n $process && $(process_start_time "$process") == "$began" ]] || return 1
  [[ $(sed 's/^.*) //' "/proc/$process/stat" | cut -c1) != Z ]] || return 1
  echo "$process"
}

# start NAME VARIABLE=VALUE... -- COMMAND...: in the background, with these variables alone and its output in the log, and
# started again whenever it ends. One that runs already is taken over. With START_ONCE it is not started again.
start() {
  local name=$1 log=$SANDLOT_HOME/logs/$1.log supervisor deadline=$((SECONDS + 20))
  shift
  if running "$name.supervisor" >/dev/null; then stop "$name" 30; fi
  if ! running "$name" >/dev/null; then
    rm -f "$RUN/$name.pid"
    [[ ! -s $log ]] || mv "$log" "$log.1"
  fi
  printf '%s\0' "$@" | (
    cd /
    # It must not hold what this shell was given, such as a lock that others wait for.
    for descriptor in "/proc/$BASHPID/fd/"*; do
      descriptor=${descriptor##*/}
      ((descriptor <= 2)) || exec {descriptor}>&-
    done
    exec setsid python3 -IS "$REPOSITORY/tools/supervise.py" "$name" "$RUN" "$log" ${START_ONCE:+--once} \
      >/dev/null 2>>"$SANDLOT_HOME/logs/supervisor.log"
  ) &
  supervisor=$!
  disown
  until running "$name.supervisor" >/dev/null && [[ -s $RUN/$name.pid ]]; do
    if ! kill -0 "$supervisor" 2>/dev/null || ((SECONDS >= deadline)); then
      stop "$name" 10
      fail "The $name cannot be started: $(tail -qn 3 "$log" "$SANDLOT_HOME/logs/supervisor.log" 2>&1)"
    fi
    sleep 0.02
  done
}

# ends NAME: how often it has ended by itself since it was started.
ends() { if [[ -f $RUN/$1.ends ]]; then cut -d' ' -f1 "$RUN/$1.ends"; else echo 0; fi; }

# stop NAME SECONDS: asks it to end, and ends it when it has not after that time. It is not started again.
stop() {
  local process deadline=$((SECONDS + $2)) asked
  asked=$(running "$1.supervisor" || running "$1" || true)
  [[ -z $asked ]] || kill -TERM "$asked" 2>/dev/null || true
  while running "$1.supervisor" >/dev/null || running "$1" >/dev/null; do
    if ((SECONDS >= deadline)) && process=$(running "$1"); then
      warn "The $1 did not end within $2 s; it was killed. Its log: $SANDLOT_HOME/logs/$1.log"
      kill -KILL "$process" 2>/dev/null || true
    fi
    sleep 0.1
  done
  rm -f "$RUN/$1".{pid,supervisor.pid,ends}
}

# await NAME SECONDS WHAT COMMAND...: until COMMAND succeeds; fails with the end of the log when NAME has ended before, and
# is not tried again then.
await() {
  local name=$1 deadline=$((SECONDS + $2)) what=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! running "$name" >/dev/null || (($(ends "$name") > 0)) || ((SECONDS >= deadline)); then
      stop "$name" 10
      tail -n 25 "$SANDLOT_HOME/logs/$name.log" | sed 's/^/    /' >&2
      fail "The $name is not $what. The whole log: $SANDLOT_HOME/logs/$name.log. Then look at: ./dev doctor"
    fi
    sleep 0.05
  done
}

start_launcher() {
  local programs
  programs=$(native_programs)
  write_launcher_config "$programs"
  # What one that was killed has left would pass for the new one's.
  running launcher >/dev/null || rm -f "$RUN/launcher.sock"
  start launcher PATH=/usr/sbin:/usr/bin:/sbin:/bin ${SANDLOT_FAILPOINTS:+"SANDLOT_FAILPOINTS=$SANDLOT_FAILPOINTS"} -- \
    "$programs/sandlot-launcher" serve --config "$LAUNCHER_CONFIG"
  await launcher 30 "listening" test -S "$RUN/launcher.sock"
}

start_server() {
  local programs
  programs=$(server_programs)
  require_java
  local -a variables=(PATH=/usr/bin:/bin LANG=C.UTF-8 HOME="$SANDLOT_HOME/server")
  local name
  # All settings but those of these scripts and of the launcher: the server refuses the ones it does not know, so
  # that a misspelt one does not go unnoticed.
  for name in $(compgen -v SANDLOT_); do
    case ${name#SANDLOT_} in
      INSTANCE | ADDRESS_POOL | SANDBOXES_MAX | POOL_GIB | DATABASE_PORT | RUNSC | RUNC | AOT_OUTPUT | DEBIAN_MIRROR) continue ;;
      TEST_* | BENCH_*) continue ;;
    esac
    [[ -z ${!name:-} ]] || variables+=("$name=${!name}")
  done
  local -a options=(-Xms32m -Xmx384m -Xss512k -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError)
  [[ ! -f $programs/server.aot ]] || options+=("-XX:AOTCache=$programs/server.aot")
  [[ -z ${SANDLOT_AOT_OUTPUT:-} ]] || options+=("-XX:AOTCacheOutput=$SANDLOT_AOT_OUTPUT")
  start server "${variables[@]}" -- setpriv --reuid sandlot --regid sandlot --init-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
    "$JAVA_HOME/bin/java" "${options[@]}" -jar "$programs/sandlot-server.jar"
  await server 90 "ready" server_ready
}

# server_ready: whether our own server can work. The key goes to nobody else, whoever holds the port.
server_ready() {
  if runner_alone; then
    python3 -IS "$REPOSITORY/tools/own_server.py" "$SANDLOT_HOME" "$(runner_url)" </dev/null
    return
  fi
  [[ -f $ADMIN_KEY && -n $(ss --no-header --listening --tcp "sport = :$SANDLOT_API_PORT") ]] || return 1
  admin_key | python3 -IS "$REPOSITORY/tools/own_server.py" "$SANDLOT_HOME" "$(api_url)"
}

# Everything that runs for this installation ends; disks and database stay.
stop_all() {
  local launcher
  stop server 30
  if running launcher >/dev/null; then
    python3 "$REPOSITORY/tools/launcher-call.py" "$RUN/launcher.sock" '{"op":"database_stop"}' >/dev/null ||
      warn "The database did not stop in order; it recovers at its next start."
  fi
  stop launcher 30
  if [[ -f $LAUNCHER_CONFIG ]]; then
    launcher=$(native_programs)/sandlot-launcher
    [[ -x $launcher ]] || launcher=$(find "$SANDLOT_CACHE/programs" -path '*/native-*/sandlot-launcher' -printf '%T@ %p\n' |
      sort --numeric-sort | tail -n 1 | cut -d' ' -f2) # an older one does not know all that the latest makes
    [[ -x $launcher ]] || fail "There is no launcher left in $SANDLOT_CACHE/programs to clean up with. Run: ./dev setup native"
    "$launcher" clean --config "$LAUNCHER_CONFIG" >/dev/null
  fi
}

# remove_home: ends all that runs for this installation, and removes its data too. A mount that nobody knows of any more,
# as after an interrupted removal, does not keep it.
remove_home() {
  [[ -d $SANDLOT_HOME ]] || return 0
  stop_all
  local mount
  while read -r mount; do umount "$mount"; done \
    < <(awk -v home="$SANDLOT_HOME/" 'index($2, home) == 1 { print $2 }' /proc/self/mounts | sort --reverse)
  rm -rf --one-file-system "$SANDLOT_HOME"
}

# leftovers: what this installation still has on the machine while nothing of it should run, one thing a line.
leftovers() {
  ps -e -o pid= -o args= | awk -v self="$$" -v home="$SANDLOT_HOME/" -v run="/run/sandlot-$SANDLOT_INSTANCE/" \
    '$1 != self && !/awk -v self/ && (index($0, home) || index($0, run)) { print "process " substr($0, 1, 120) }'
  awk -v home="$SANDLOT_HOME/" -v run="/run/sandlot-$SANDLOT_INSTANCE" \
    'index($2, home) == 1 || index($2, run) == 1 { print "mount " $2 }' /proc/self/mounts
  ip netns list 2>/dev/null | awk -v prefix="sandlot-$SANDLOT_INSTANCE-" 'index($1, prefix) == 1 { print "namespace " $1 }'
  ip -brief link 2>/dev/null | awk -v name="^sl$SANDLOT_INSTANCE(-|@|\$)" '$1 ~ name { print "interface " $1 }'
  ip rule 2>/dev/null | awk -v name=" iif sl$SANDLOT_INSTANCE " 'index($0, name) { print "routing rule" name }'
  losetup --noheadings --output NAME,BACK-FILE | awk -v home="$SANDLOT_HOME/" 'index($2, home) == 1 { print "loop device " $1 }'
  find /sys/fs/cgroup -maxdepth 3 -type d -name "sandlot-$SANDLOT_INSTANCE" -printf 'cgroup %p\n' 2>/dev/null
  nft list tables 2>/dev/null | awk -v name="sandlot_$SANDLOT_INSTANCE" '$3 == name { print "nftables table " $3 }'
}
