# shellcheck shell=bash disable=SC2034
# Places, messages and small questions that every script of ./dev shares. Sourced, never run.

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SANDLOT_CACHE=${SANDLOT_CACHE:-/var/cache/sandlot}
SANDLOT_HOME=${SANDLOT_HOME:-/var/lib/sandlot}

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
# fail SENTENCE: says what is wrong and what to do, and ends.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# make_scratch: a folder for what tests need for a moment. Its path is short: sockets are made in it, deep below.
# Users of the tests (PostgreSQL runs as one) find what is theirs in it.
make_scratch() {
  SCRATCH=$(mktemp -d /tmp/slt.XXXXXX)
  chmod 711 "$SCRATCH"
}
remove_scratch() { [[ -z ${SCRATCH:-} ]] || rm -rf --one-file-system "$SCRATCH"; }

# own_lock FILE: makes a lock that nobody else can open: whoever can open it, to read even, can hold it.
own_lock() {
  (umask 077 && : >>"$1")
  chmod 600 "$1"
}

have() { command -v "$1" >/dev/null 2>&1; }

require_root() {
  [[ $EUID -eq 0 ]] || fail "./dev $1 needs root: it makes namespaces, mounts and control groups. Run it with sudo."
}

# at_least VERSION MINIMUM: whether VERSION is MINIMUM or later, by the numbers in them.
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort --version-sort | head -n 1) == "$2" ]]; }

# apt_repository SUFFIX: the base address of this machine's own Debian suite with that suffix ("", "-security"), or
# nothing. apt knows it only once package lists are there: see packages_update.
apt_repository() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016  # the placeholders are apt's
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    awk -v release="$codename$1" '$2 == release && $3 == "main" { print $1; exit }'
}
