# shellcheck shell=bash
# Steps of set-up: the default image. Sourced by setup.sh.

IMAGE_RECIPE=$REPOSITORY/tools/image/default/build.sh

ready_image_download() { ready_image; }

do_image_download() { "$IMAGE_RECIPE" download "$SANDLOT_CACHE/debs"; }

ready_image() { [[ -f $SANDLOT_CACHE/images/$("$IMAGE_RECIPE" id)/image.json ]]; }

do_image() {
  mkdir -p "$SANDLOT_CACHE/images"
  "$IMAGE_RECIPE" build "$SANDLOT_CACHE/debs" "$SANDLOT_CACHE/images"
}
