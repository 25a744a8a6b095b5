#!/usr/bin/env bash
# Makes of the default image's root file system a desktop's. Called by mmdebstrap after default/customize.sh, with the
# root file system as its only argument.
set -euo pipefail

root=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

cp --recursive "$here/files/." "$root/"

# One desktop: with four of them a turn of the wheel beside the windows makes these vanish.
sed -i 's|<number>4</number>|<number>1</number>|' "$root/etc/xdg/openbox/rc.xml"

# The plain preview address of the screen is the viewer, not a list of files.
ln -sf vnc.html "$root/usr/share/novnc/index.html"
