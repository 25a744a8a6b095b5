# shellcheck shell=bash
# Steps of set-up: packages of the machine and the users that our processes run as. Sourced by setup.sh.

HOST_PACKAGES=(ca-certificates curl git iproute2 libc6-dev gcc libseccomp-dev mmdebstrap nftables pkg-config python3 python3-venv
  util-linux xz-utils)

# What is missing now, one a line.
packages_missing() {
  local package
  for package in "${HOST_PACKAGES[@]}"; do
    dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
  have mvn || echo maven
  [[ -n $(java_home) ]] || echo "openjdk-$JAVA_MAJOR-jdk-headless"
  have cargo || [[ -x $HOME/.cargo/bin/cargo ]] || have rustup || echo rustup
  btrfs_recent || echo btrfs-progs
}

btrfs_recent() { have mkfs.btrfs && at_least "$(version_of mkfs.btrfs --version)" "$BTRFS_PROGS_MINIMUM"; }

ready_packages() { have dpkg-query && [[ -z $(packages_missing) && -n $(apt_repository "") ]]; }

do_packages() {
  have apt-get || fail "Set-up installs Debian packages, and this machine has no apt-get. It needs Debian 12 or later."
  local missing package
  apt-get -q update
  mapfile -t missing < <(packages_missing)
  for package in "${missing[@]}"; do
    case $package in
      btrfs-progs) install_btrfs ;;
      # Checked again by the builds, which say what is missing and how to get it where Debian does not offer it.
      openjdk-* | rustup) apt_install "$package" || true ;;
    esac
  done
  mapfile -t missing < <(packages_missing | grep -vE '^(openjdk-|rustup|btrfs-progs)' || true)
  ((${#missing[@]} == 0)) || apt_install "${missing[@]}"
  require_java
  require_maven
  require_rust
  require_python
}

# For those who change scripts.
ready_shellcheck() { have shellcheck; }

do_shellcheck() {
  apt-get -q update
  apt_install shellcheck
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"; }

# Debian 12 has the recent one only in its backports, which are on the same mirror.
install_btrfs() {
  local candidate codename mirror
  candidate=$(apt-cache policy btrfs-progs | awk '$1 == "Candidate:" { print $2 }')
  if at_least "$candidate" "$BTRFS_PROGS_MINIMUM"; then
    apt_install btrfs-progs
    return
  fi
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt_repository "")
  [[ -n $mirror ]] || fail "btrfs-progs $BTRFS_PROGS_MINIMUM or later is missing, and no Debian mirror is among the apt sources."
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $codename-backports main" \
    >/etc/apt/sources.list.d/sandlot-backports.list
  apt-get -q update
  apt_install --target-release "$codename-backports" btrfs-progs
  btrfs_recent || fail "btrfs-progs $BTRFS_PROGS_MINIMUM or later is missing; $codename-backports does not have it either."
}

ready_users() { getent passwd sandlot && getent passwd sandlot-db; }

do_users() {
  local user
  for user in sandlot sandlot-db; do
    getent passwd "$user" >/dev/null ||
      useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
  done
}
