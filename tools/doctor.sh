#!/usr/bin/env bash
# Checks this machine, from the kernel to the running server, and names what is broken.
# Ends with 0 when nothing is broken; warnings do not count.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.sh
source "$here/versions.sh"
for library in common toolchains engine programs instance; do
  # shellcheck disable=SC1090
  source "$here/lib/$library.sh"
done
PATH=$PATH:/usr/sbin:/sbin
broken=0

ok() { printf 'ok    %-12s %s\n' "$1" "$2"; }
careful() { printf 'warn  %-12s %s\n' "$1" "$2"; }
bad() {
  printf 'FAIL  %-12s %s\n' "$1" "$2"
  broken=$((broken + 1))
}

check_kernel() {
  local release file_system
  release=$(uname -r)
  if at_least "$release" "$KERNEL_MINIMUM"; then ok kernel "$release"; else
    bad kernel "$release is older than $KERNEL_MINIMUM, which disk quotas need. Boot a later one."
  fi
  for file_system in overlay btrfs; do
    if grep -qw "$file_system" /proc/filesystems || modprobe --quiet "$file_system" 2>/dev/null; then
      ok kernel "has $file_system"
    else
      bad kernel "has no $file_system file system. Load the module (modprobe $file_system) or boot a kernel with it."
    fi
  done
  if grep -q '^Seccomp:' /proc/self/status; then ok kernel "has seccomp"; else bad kernel "has no seccomp; the engine needs it."; fi
  if [[ -e /dev/loop-control ]]; then ok kernel "has loop devices"; else
    bad kernel "has no /dev/loop-control for the disk pool. Run: modprobe loop"
  fi
  local threads
  threads=$(</proc/sys/kernel/pid_max)
  if ((threads >= 60 * SANDLOT_SANDBOXES_MAX)); then ok kernel "allows $threads threads"; else
    careful kernel "allows $threads threads, little for $SANDLOT_SANDBOXES_MAX sandboxes. Raise it: sysctl kernel.pid_max=4194304"
  fi
}

check_cgroups() {
  local controller missing=""
  if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
    for controller in cpu memory pids; do
      grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers || missing+=" $controller"
    done
    [[ -n $missing ]] || ok cgroups "version 2"
  else
    for controller in cpu memory pids; do
      awk '$3 == "cgroup" { print $4 }' /proc/self/mounts | grep -qw "$controller" || missing+=" $controller"
    done
    [[ -n $missing ]] || ok cgroups "version 1"
  fi
  [[ -z $missing ]] || bad cgroups "lack the controllers$missing, so limits could not hold. Enable them on the kernel's command line."
}

days_since() { echo $((($(date +%s) - $(date --date="$1" +%s)) / 86400)); }

check_engines() {
  local engine date age
  engine=$(runsc_program)
  if [[ -z $engine ]]; then
    bad runsc "is missing or older than $RUNSC_DATE. Run: ./dev setup engine"
  else
    date=$(runsc_date "$engine")
    age=$(days_since "$date")
    if ((age > ENGINE_AGE_WARNING)); then
      careful runsc "of $date is $age days old ($engine); gVisor releases weekly. Install a later one beside it."
    else
      ok runsc "of $date, $age days old, $RUNSC_DATE or later is wanted ($engine)"
    fi
    "$engine" --version | grep -q "$RUNSC_MARK" ||
      careful runsc "is used as it was installed, without the fixes of ./dev setup engine: see \"an installed runsc\" in docs/file-system.md."
  fi
  check_runc
}

# Needed only if it is the chosen engine.
check_runc() {
  local program installed
  program=$(runc_program)
  installed=${SANDLOT_RUNC:-$(command -v runc || true)}
  if [[ -n $program ]]; then ok runc "$(runc_version "$program") ($program)"
  elif [[ ${SANDLOT_ENGINE:-} == runc ]]; then
    bad runc "is missing or has known container escapes (safe are ${RUNC_SAFE[*]} and later). Run: ./dev setup runc"
  else ok runc "is not set up, which only SANDLOT_ENGINE=runc needs. To have it: ./dev setup runc"; fi
  if [[ -n $installed && $installed != "$program" && $(realpath "$installed") != "$program" ]]; then
    careful runc "$(runc_version "$installed") of this machine ($installed) has known container escapes and is not used."
  fi
}

check_tools() {
  local tool
  for tool in nft ip mkfs.btrfs losetup setpriv python3; do
    have "$tool" || bad tools "$tool is missing. Run: ./dev setup packages"
  done
  if have mkfs.btrfs && ! at_least "$(version_of mkfs.btrfs --version)" "$BTRFS_PROGS_MINIMUM"; then
    bad tools "btrfs-progs is older than $BTRFS_PROGS_MINIMUM, which has no simple quotas. Run: ./dev setup packages"
  fi
  if [[ -n $(java_home) ]]; then ok java "$(java_home)"; else bad java "JDK $JAVA_MAJOR is missing. Install one or name it in SANDLOT_JAVA_HOME."; fi
  if [[ -x $SANDLOT_CACHE/postgres/$POSTGRES_VERSION/bin/postgres ]]; then ok database "PostgreSQL $POSTGRES_VERSION"; else
    bad database "PostgreSQL's programs are missing. Run: ./dev setup database"
  fi
  if [[ -f $SANDLOT_CACHE/images/$("$here/image/build.sh" default id)/image.json ]]; then ok image "sandlot/default"; else
    bad image "The default image is missing or of an older recipe. Run: ./dev setup image"
  fi
  if [[ -f $SANDLOT_CACHE/images/$("$here/image/build.sh" desktop id)/image.json ]]; then ok image "sandlot/desktop"; else
    ok image "sandlot/desktop is not built in this version; computer use needs it. To have it: ./dev setup desktop"
  fi
  for tool in sandlot sandlot-db; do
    if getent passwd "$tool" >/dev/null; then ok user "$tool"; else bad user "$tool is missing. Run: ./dev setup users"; fi
  done
}

check_disk() {
  local place free
  for place in "$SANDLOT_HOME" "$SANDLOT_CACHE"; do
    while [[ ! -d $place ]]; do place=$(dirname "$place"); done
    free=$(($(df --output=avail --block-size=1 "$place" | tail -n 1) >> 30))
    if ((free >= 10)); then ok disk "$free GiB free at $place"
    elif ((free >= 3)); then careful disk "only $free GiB free at $place; sandboxes may run out of space."
    else bad disk "$free GiB free at $place. Make room, or set SANDLOT_HOME or SANDLOT_CACHE to another disk."; fi
  done
}

# Sandboxes have users of their own on the host; the file systems below them must be able to show those.
check_owners() {
  local launcher reason
  launcher=$(native_programs)/sandlot-launcher
  [[ $EUID -eq 0 && -x $launcher && -f $LAUNCHER_CONFIG ]] || return 0
  reason=$("$launcher" check --config "$LAUNCHER_CONFIG" | python3 -c 'import json, sys; print(json.load(sys.stdin)["owners"].get("reason", ""))')
  if [[ -z $reason ]]; then ok disk "sandboxes' files can have owners of their own"; else bad disk "$reason"; fi
}

check_ports() {
  local port owner server
  server=$(running server || true)
  for port in "$SANDLOT_API_PORT" "$SANDLOT_PROXY_PORT" "$SANDLOT_RUNNER_PORT"; do
    owner=$(ss --no-header --listening --tcp --processes "sport = :$port" 2>/dev/null)
    if [[ -z $owner ]]; then ok port "$port is free"
    elif [[ -n $server && $owner == *"pid=$server,"* ]]; then ok port "$port is the server's"
    else bad port "$port is taken by $(sed -n 's/.*users:((\(.*\)))/\1/p' <<<"$owner"). End it, or set another in SANDLOT_API_PORT or SANDLOT_PROXY_PORT."; fi
  done
}

check_network() {
  local clash chain
  clash=$(ip -4 -json route show table all | python3 -c '
import ipaddress, json, sys
pool, ours = ipaddress.ip_network(sys.argv[1]), sys.argv[2]
for route in json.load(sys.stdin):
    if route["dst"] == "default" or route.get("dev", "").split("-")[0] == ours: continue
    if route.get("type") in ("broadcast", "multicast"): continue
    if ipaddress.ip_network(route["dst"], strict=False).overlaps(pool): print(route["dst"], "on", route.get("dev", "?"))
' "$SANDLOT_ADDRESS_POOL" "sl$SANDLOT_INSTANCE" | paste --serial --delimiters=, -)
  if [[ -z $clash ]]; then ok network "$SANDLOT_ADDRESS_POOL clashes with no route"; else
    bad network "$SANDLOT_ADDRESS_POOL clashes with $clash. Set another range in SANDLOT_ADDRESS_POOL."
  fi
  if [[ $EUID -ne 0 ]]; then
    careful network "Firewalls can only be looked at by root; run ./dev doctor with sudo."
    return 0
  fi
  if ! nft list tables >/dev/null 2>&1; then
    bad network "nftables does not work here: $(nft list tables 2>&1 | head -n 1)"
    return 0
  fi
  chain=$(foreign_forward_drops)
  if [[ -z $chain ]]; then ok network "no other firewall drops forwarded packets"; else
    careful network "$chain drops forwarded packets by default; sandboxes may not reach the Internet. Accept what comes from and goes to sl$SANDLOT_INSTANCE there."
  fi
}

# Chains of others on the forward hook whose policy is drop, in one line.
foreign_forward_drops() {
  {
    nft -json list chains | python3 -c '
import json, sys
for entry in json.load(sys.stdin)["nftables"]:
    chain = entry.get("chain", {})
    if chain.get("hook") == "forward" and chain.get("policy") == "drop" and not chain["table"].startswith("sandlot_"):
        print(chain["family"], chain["table"], chain["name"])
'
    if grep -qs filter /proc/net/ip_tables_names && have iptables-legacy; then
      iptables-legacy --list-rules FORWARD | grep -qx -- "-P FORWARD DROP" && echo "iptables-legacy FORWARD"
    fi
  } | paste --serial --delimiters=, -
}

check_server() {
  local left
  if running server >/dev/null; then
    if server_ready; then ok server "answers at $(api_url)"; else bad server "runs and does not answer. Look at: ./dev logs"; fi
    return 0
  fi
  ok server "is not running"
  left=$(leftovers | head -n 3 | paste --serial --delimiters=';' -)
  [[ -z $left ]] || careful server "left something behind ($left). Run: ./dev down"
}

check_kernel
check_cgroups
check_engines
check_tools
check_disk
check_owners
check_ports
check_network
check_server
if ((broken > 0)); then
  printf "\n"
  say "Broken: $broken. Fix the first FAIL above first."
  exit 1
fi
