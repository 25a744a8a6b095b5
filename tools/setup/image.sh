# shellcheck shell=bash
# Steps of set-up: the images. Sourced by setup.sh.

IMAGE_RECIPE=$REPOSITORY/tools/image/build.sh

# image_built NAME
image_built() { [[ -f $SANDLOT_CACHE/images/$("$IMAGE_RECIPE" "$1" id)/image.json ]]; }

# image_build NAME
image_build() {
  mkdir -p "$SANDLOT_CACHE/images"
  "$IMAGE_RECIPE" "$1" build "$SANDLOT_CACHE/debs" "$SANDLOT_CACHE/images"
}

ready_image_download() { image_built default; }
do_image_download() { "$IMAGE_RECIPE" default download "$SANDLOT_CACHE/debs"; }

ready_image() { image_built default; }
do_image() { image_build default; }

ready_desktop_download() { image_built desktop; }
do_desktop_download() { "$IMAGE_RECIPE" desktop download "$SANDLOT_CACHE/debs"; }

ready_desktop() { image_built desktop; }
do_desktop() { image_build desktop; }
