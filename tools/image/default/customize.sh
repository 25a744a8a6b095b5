#!/usr/bin/env bash
# Turns a plain Debian root file system into the default image: the sandbox user, sudo, and no ballast.
# Called by mmdebstrap with the root file system as its only argument. Leave its /tmp alone: mmdebstrap keeps its apt
# configuration there, and without it cleans the host's package lists instead of the image's.
set -euo pipefail

NPM_VERSION=10.9.8
NPM_SHA512=7d8c1be8e0d298792aac9410682c58dccda53dffe6a600bb8a4d074b3cc8c06e421ad69b469e1b36a8a46adbc2a13e366f920d412aae7551f447bc95982f6156

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$1
inside() { chroot "$root" "$@"; }

inside groupadd --gid 1000 daytona
inside useradd --uid 1000 --gid daytona --create-home --shell /bin/bash daytona
install -m 0440 /dev/stdin "$root/etc/sudoers.d/daytona" <<'SUDOERS'
daytona ALL=(ALL:ALL) NOPASSWD: ALL
SUDOERS

# The sandbox is the user's own machine: `pip install` is meant to work in it without a virtual environment.
rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED

npm_home=/usr/local/lib/node_modules/npm
mkdir -p "$root$npm_home"
curl --fail --silent --show-error --location --retry 3 --max-time 300 --output "$root$npm_home/npm.tgz" \
  "${npm_config_registry:-https://registry.npmjs.org}/npm/-/npm-$NPM_VERSION.tgz"
sha512sum --check --quiet <<<"$NPM_SHA512  $root$npm_home/npm.tgz"
tar --extract --gzip --no-same-owner --strip-components=1 --directory "$root$npm_home" --file "$root$npm_home/npm.tgz" \
  --exclude=package/man --exclude=package/docs
rm "$root$npm_home/npm.tgz"
echo 'prefix=/usr/local' >"$root$npm_home/npmrc" # where `npm install -g` puts things, apart from Debian's
for program in npm npx; do ln -s "$npm_home/bin/$program-cli.js" "$root/usr/local/bin/$program"; done

# `npx ts-node` looks only at npm's global folder before it asks the registry.
for program in ts-node tsc tsserver; do
  [[ -e $root/usr/bin/$program ]] && ln -sf "/usr/bin/$program" "$root/usr/local/bin/$program"
done

# Debian has no language server for TypeScript. The image's own npm fetches one and checks it against the lock; it works
# with Debian's compiler, so that both find the same faults. Certificates are those that this machine trusts.
servers=/usr/local/lib/language-servers
mkdir -p "$root$servers"
cp "$here"/language-servers/*.json "$root$servers/"
cp /etc/ssl/certs/ca-certificates.crt "$root$servers/machine.crt"
inside env NODE_EXTRA_CA_CERTS="$servers/machine.crt" npm_config_cache="$servers/cache" npm ci --prefix "$servers" \
  --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
rm -rf "$root$servers/machine.crt" "$root$servers/cache"
find "$root$servers" -name '*.map' -type f -delete
ln -s /usr/share/nodejs/typescript "$root$servers/node_modules/typescript"
ln -s "$servers/node_modules/.bin/typescript-language-server" "$root/usr/local/bin/"

# Names, addresses and identity are the runner's to give, for each sandbox anew.
: >"$root/etc/machine-id"
rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root/var/lib/dbus/machine-id"

# Sample data, tables for building libraries, and their test suites: megabytes that nobody runs in a sandbox.
rm -rf "$root"/usr/share/matplotlib/sample_data \
  "$root"/usr/share/{info,lintian,linda,man,bug,gtk-doc,fish,zsh} "$root"/usr/share/unicode/*
find "$root/usr/lib/python3/dist-packages" -depth -type d -name tests -exec rm -rf {} +
find "$root/usr/share/locale" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
find "$root/usr/lib" -xdev -name '*.a' -delete
find "$root/usr/share/nodejs" -name '*.map' -type f -delete
rm -rf "$root"/var/log/*.log "$root"/var/log/apt "$root"/var/cache/debconf/*-old
