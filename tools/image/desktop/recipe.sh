# shellcheck shell=bash disable=SC2034
# The desktop image: the default one and a screen. Sourced by build.sh.

LAYERS=(default desktop)
