#!/usr/bin/env bash
# Builds an image from the machine's own Debian mirror. IMAGE is a folder beside this file: default, desktop.
#   build.sh IMAGE id                     prints the image's id, which changes with the recipe
#   build.sh IMAGE download DEBS          fetches the packages into the folder DEBS, resuming an earlier attempt
#   build.sh IMAGE build DEBS IMAGES      makes IMAGES/<id>/{rootfs,image.json}
# SANDLOT_DEBIAN_MIRROR names another mirror, for machines that are not Debian.
#
# An image's folder holds recipe.sh (LAYERS: the folders that make the image up, in order), packages.txt, customize.sh,
# and what that one copies into the image.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../versions.sh
source "$here/../versions.sh"
# shellcheck source=../lib/common.sh
source "$here/../lib/common.sh"

name=${1:-}
[[ $name =~ ^[a-z]+$ && -f $here/$name/recipe.sh ]] || fail "There is no recipe of an image \"$name\" in $here."
# shellcheck source=default/recipe.sh
source "$here/$name/recipe.sh"

packages() {
  local layer
  for layer in "${LAYERS[@]}"; do sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/$layer/packages.txt"; done
}

image_id() {
  local recipe layer
  recipe=$(
    cat "$here/build.sh" "$here/$name/recipe.sh" - <<<"$IMAGE_SUITE"
    for layer in "${LAYERS[@]}"; do find "$here/$layer" -type f ! -name recipe.sh | LC_ALL=C sort | xargs cat; done
  )
  recipe=$(sha256sum <<<"$recipe")
  echo "$name-${recipe:0:12}"
}

# One-line apt sources of the image's suite on the mirrors this machine already uses.
sources() {
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg main security=""
  main=${SANDLOT_DEBIAN_MIRROR:-$(apt_repository "")}
  [[ -n $main ]] || fail "No Debian mirror among this machine's apt sources. Name one in SANDLOT_DEBIAN_MIRROR."
  echo "deb [signed-by=$keyring] $main $IMAGE_SUITE main"
  echo "deb [signed-by=$keyring] $main $IMAGE_SUITE-updates main"
  [[ -n ${SANDLOT_DEBIAN_MIRROR:-} ]] || security=$(apt_repository "-security")
  if [[ -n $security ]]; then
    echo "deb [signed-by=$keyring] $security $IMAGE_SUITE-security main"
  fi
}

download() {
  local state=$1/apt
  mkdir -p "$state"/lists/partial "$1/partial"
  sources >"$state/sources.list"
  : >"$state/status"
  local apt=(apt-get -q -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status"
    -o Dir::Cache="$state" -o Dir::Cache::archives="$1" -o APT::Install-Recommends=false
    -o APT::Sandbox::User=root -o Debug::NoLocking=true -o Binary::apt-get::APT::Keep-Downloaded-Packages=true)
  "${apt[@]}" update
  # `?essential` is what mmdebstrap starts from; the empty status file makes apt resolve all of it.
  local packages
  mapfile -t packages < <(packages)
  "${apt[@]}" install --yes --download-only apt "?essential" "${packages[@]}"
}

write_description() {
  local image=$1 id=$2
  local size packages_hash
  size=$(du --summarize --block-size=1 "$image/rootfs" | cut -f1)
  packages_hash=$(chroot "$image/rootfs" dpkg-query --show | sha256sum | cut -d' ' -f1)
  cat >"$image/image.json" <<JSON
{
  "id": "$id",
  "name": "sandlot/$name",
  "user": "daytona",
  "working_directory": "",
  "entrypoint": ["sleep", "infinity"],
  "environment": {
    "PATH": "/home/daytona/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8"
  },
  "size_bytes": $size,
  "packages_hash": "$packages_hash",
  "built_at": "$(date --utc +%Y-%m-%dT%H:%M:%SZ)"
}
JSON
}

build() {
  local debs=$1 images=$2 id include layer
  local -a hooks=()
  id=$(image_id)
  for layer in "${LAYERS[@]}"; do hooks+=(--customize-hook="$here/$layer/customize.sh"); done
  local image=$images/.building-$id
  rm -rf --one-file-system "$image"
  mkdir -p "$image/rootfs"
  include=$(packages | paste --serial --delimiters=,)
  # shellcheck disable=SC2016  # the hooks' $1 is mmdebstrap's, not ours
  sources | SANDLOT_DEBS=$debs mmdebstrap --mode=root --variant=essential --format=directory \
    --include="$include,apt" \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --skip=essential/unlink \
    --setup-hook='mkdir -p "$1/var/cache/apt/archives"; cp --link "$SANDLOT_DEBS"/*.deb "$1/var/cache/apt/archives/" ||
      cp "$SANDLOT_DEBS"/*.deb "$1/var/cache/apt/archives/"' \
    "${hooks[@]}" "" "$image/rootfs" -
  rm -f "$image"/rootfs/etc/{apt/apt.conf.d/99mmdebstrap,dpkg/dpkg.cfg.d/99mmdebstrap}
  find "$image/rootfs/dev" -xdev -mindepth 1 -delete # the engine brings its own
  write_description "$image" "$id"
  rm -rf --one-file-system "${images:?}/$id"
  mv "$image" "$images/$id"
}

case ${2:-} in
  id) image_id ;;
  download) download "$3" ;;
  build) build "$3" "$4" ;;
  *) fail "Say one of: id, download, build." ;;
esac
