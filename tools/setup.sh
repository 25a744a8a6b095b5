#!/usr/bin/env bash
# Brings a machine to where `./dev up` and `./dev test` can run: packages, tool chains, engine, database programs,
# default image, and our own programs. Everything lands in SANDLOT_CACHE and is reused by the next run.
# With names of steps as arguments, only these and what they need; the desktop image, shellcheck and the second engine
# (runc), which not everybody needs, come only when they are named, runc also when it is the engine that was chosen.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.sh
source "$here/versions.sh"
for library in common toolchains engine steps programs; do
  # shellcheck disable=SC1090
  source "$here/lib/$library.sh"
done
for part in packages engine runc exercisers database image programs; do
  # shellcheck disable=SC1090
  source "$here/setup/$part.sh"
done

require_root setup
[[ $(uname -m) == x86_64 ]] || fail "This machine is $(uname -m); Sandlot runs on x86_64 so far."
mkdir -p "$SANDLOT_CACHE"

free_bytes=$(df --output=avail --block-size=1 "$SANDLOT_CACHE" | tail -n 1)
if [[ ! -d $SANDLOT_CACHE/images ]] && ((free_bytes < 6 << 30)); then
  fail "$SANDLOT_CACHE has $((free_bytes >> 30)) GiB free and set-up needs 6. Make room, or name another folder in SANDLOT_CACHE."
fi

own_lock "$SANDLOT_CACHE/.setup.lock"
exec {lock}>"$SANDLOT_CACHE/.setup.lock"
if ! flock --nonblock "$lock"; then
  say "Another set-up is running; waiting for it."
  flock "$lock"
fi

steps_begin "$SANDLOT_CACHE/logs"
step packages install "Debian packages"
step shellcheck install "Shell script checker" packages
step users install "System users" packages
step toolchain download "Go tool chain" packages
step engine-download download "gVisor sources" toolchain
step engine build "gVisor engine (runsc)" engine-download
step go download "Go" toolchain
step runc-download download "runc sources" toolchain
step runc build "Second engine (runc)" runc-download
step exercisers build "Exercisers of file systems" packages
step fuzzer install "C++ compiler, for fuzzing" packages
step database download "PostgreSQL programs" packages
step image-download download "Default image: packages" packages
step image build "Default image" image-download
step desktop-download download "Desktop image: packages" image-download # the two share apt's lists
step desktop build "Desktop image" desktop-download
step native-download download "Rust libraries" packages
step native build "Agent and launcher" native-download
step server build "Server (with its libraries)" packages
step start-cache build "Server's start-up cache" users engine database image native server
if (($# == 0)); then
  set -- start-cache # which needs everything that the server does
  [[ ${SANDLOT_ENGINE:-} != runc ]] || set -- "$@" runc
fi
steps_choose "$@"
# Not in a condition: bash would let the steps go on after an error then.
steps_run
steps_summary
