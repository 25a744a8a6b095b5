# shellcheck shell=bash disable=SC2034
# The default image. Sourced by build.sh.

LAYERS=(default)
