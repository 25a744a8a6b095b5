# Runs one process of the desktop inside a sandbox, and again whenever it has ended. Called as: sh -c <this> sandlot NAME,
# with DISPLAY, VNC_RESOLUTION, VNC_PORT, NO_VNC_PORT, XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS set.
# While the program runs, its number is in $XDG_RUNTIME_DIR/sandlot-NAME.pid.
name=$1
number=${DISPLAY#:}
socket=/tmp/.X11-unix/X$number
pid_file=$XDG_RUNTIME_DIR/sandlot-$name.pid

mkdir -p -m 0700 "$XDG_RUNTIME_DIR"
cd || exit 1

say() { printf 'sandlot: %s\n' "$*" >&2; }
await_display() { until [ -S "$socket" ]; do sleep 0.02; done; }
await_bus() { until [ -S "${DBUS_SESSION_BUS_ADDRESS#unix:path=}" ]; do sleep 0.02; done; }

# A display that was killed leaves its lock behind, and another program may have got its number since.
forget_old_display() {
  lock=/tmp/.X$number-lock
  [ -e "$lock" ] || return 0
  read -r owner <"$lock"
  case $(cat "/proc/$owner/comm" 2>/dev/null) in
    X*) say "the display $DISPLAY belongs to another program, number $owner; end it or set DISPLAY to another"; exit 1 ;;
  esac
  rm -f "$lock" "$socket"
}

# again COMMAND...: beside the main program, for as long as the group lives.
again() {
  while :; do
    "$@"
    sleep 1
  done
}

# run COMMAND...: the main program.
run() {
  "$@" &
  echo $! >"$pid_file"
  wait $!
  status=$?
  rm -f "$pid_file"
  return $status
}

# A display that is not there yet, or the socket that a killed one has left, takes no colour. What keeps it from more
# than that, the window manager says next.
paint() {
  command -v xsetroot >/dev/null || return 0
  tries=0
  until xsetroot -solid '#2e3440' 2>/dev/null || [ "$tries" -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
}

desktop() {
  if command -v openbox >/dev/null; then
    paint
    if [ -z "$panel" ]; then
      again tint2 &
      panel=$!
    fi
    run openbox --sm-disable
  else
    run startxfce4
  fi
}

once() {
  case $name in
    xvfb)
      forget_old_display
      run Xvfb "$DISPLAY" -screen 0 "${VNC_RESOLUTION}x24" -nolisten tcp -ac -noreset
      ;;
    dbus)
      rm -f "${DBUS_SESSION_BUS_ADDRESS#unix:path=}"
      run dbus-daemon --session --nofork --nopidfile --nosyslog "--address=$DBUS_SESSION_BUS_ADDRESS"
      ;;
    xfce4)
      await_display
      await_bus
      desktop
      ;;
    atspi)
      await_display
      await_bus
      run /usr/libexec/at-spi-bus-launcher --launch-immediately
      ;;
    x11vnc)
      await_display
      run x11vnc -display "$DISPLAY" -forever -shared -nopw -quiet -localhost -rfbport "$VNC_PORT"
      ;;
    novnc)
      # Without NumPy it takes half the time to start and a third of the memory; viewers send little.
      run /usr/bin/python3 -c 'import sys
sys.modules["numpy"] = None
from websockify.websocketproxy import websockify_init
sys.argv[0] = "websockify"
websockify_init()' --web /usr/share/novnc --heartbeat 30 "127.0.0.1:$NO_VNC_PORT" "127.0.0.1:$VNC_PORT"
      ;;
  esac
}

panel=
while :; do
  began=$(date +%s)
  once
  say "$name ended with status $?"
  [ "$name" != atspi ] || exit 0
  [ $(($(date +%s) - began)) -ge 5 ] || sleep 1
done
