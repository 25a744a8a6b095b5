"""The desktop's program inside a sandbox, part 1: what is on the screen.

The runner joins screen.py, hands.py, accessibility.py and program.py and has the sandbox's Python run them as one.
"""

import base64
import io
import time

from Xlib import X, Xatom, display
from Xlib.error import XError

WINDOWS_MAX = 1_000
TITLE_CHARACTERS_MAX = 1_000
CROSS_PIXELS = 10


class Failure(Exception):
    """A call that could not be done. The runner knows the kinds: invalid, no_display, unavailable, not_found, no_root,
    unsupported, internal."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Screen:
    """A connection to the display, made when it is needed and again when the display was started anew."""

    def __init__(self):
        self._display = None

    def connection(self):
        if self._display is not None:
            try:
                self._display.sync()
                return self._display
            except Exception:
                self._display = None
        try:
            self._display = display.Display()
        except Exception as e:
            raise Failure("no_display", f"the display does not answer: {e}") from e
        self._display.set_error_handler(lambda *_: None)
        return self._display

    def root(self):
        return self.connection().screen().root

    def screenshot(self, args):
        from PIL import Image  # takes long to load, and not everyone wants pictures

        root = self.root()
        size = root.get_geometry()
        left, top, width, height = args.get("region") or (0, 0, size.width, size.height)
        right, bottom = min(left + width, size.width), min(top + height, size.height)
        left, top = max(left, 0), max(top, 0)
        if left >= right or top >= bottom:
            raise Failure("invalid", f"the region lies outside of the screen of {size.width} x {size.height}")
        raw = root.get_image(left, top, right - left, bottom - top, X.ZPixmap, 0xFFFFFFFF)
        image = Image.frombytes("RGB", (right - left, bottom - top), raw.data, "raw", "BGRX")
        pointer = root.query_pointer()
        cursor = (pointer.root_x - left, pointer.root_y - top)
        if args["cursor"]:
            draw_cross(image, cursor)
        scale = args["scale"]
        if scale != 1:
            scaled = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
            image = image.resize(scaled, Image.Resampling.NEAREST)
            cursor = (int(cursor[0] * scale), int(cursor[1] * scale))
        out = io.BytesIO()
        if args["format"] == "jpeg":
            image.save(out, "JPEG", quality=args["quality"])
        else:
            image.save(out, "PNG", compress_level=1)
        return {"image": base64.b64encode(out.getbuffer()).decode(), "x": cursor[0], "y": cursor[1]}

    def position(self, _):
        pointer = self.root().query_pointer()
        return {"x": pointer.root_x, "y": pointer.root_y}

    def displays(self, _):
        root = self.root()
        try:
            monitors = root.xrandr_get_monitors().monitors
            places = [(m.x, m.y, m.width_in_pixels, m.height_in_pixels) for m in monitors]
        except Exception:
            places = []
        if not places:
            size = root.get_geometry()
            places = [(0, 0, size.width, size.height)]
        pointer = root.query_pointer()
        return {"displays": [rectangle(p, active=holds(p, pointer.root_x, pointer.root_y)) for p in places]}

    def windows(self, _):
        root = self.root()
        active = self._property(root, "_NET_ACTIVE_WINDOW", X.AnyPropertyType)
        active = active[0] if active else 0
        listed = self._property(root, "_NET_CLIENT_LIST", Xatom.WINDOW)
        if listed is None:
            listed = [w.id for w in root.query_tree().children]
        windows = []
        for number in listed[:WINDOWS_MAX]:
            try:
                window = self._window(root, number)
            except XError:
                continue  # closed since it was listed
            if window is not None:
                windows.append({"id": number, **window, "active": number == active})
        return {"windows": windows}

    def _window(self, root, number):
        window = self._display.create_resource_object("window", number)
        if window.get_attributes().win_class != X.InputOutput or window.get_attributes().override_redirect:
            return None
        kinds = self._property(window, "_NET_WM_WINDOW_TYPE", Xatom.ATOM) or []
        names = {self._display.get_atom_name(kind) for kind in kinds[:8]}
        if names & {"_NET_WM_WINDOW_TYPE_DOCK", "_NET_WM_WINDOW_TYPE_DESKTOP"}:
            return None
        size = window.get_geometry()
        place = root.translate_coords(window, 0, 0)
        frame = self._property(window, "_NET_FRAME_EXTENTS", Xatom.CARDINAL)
        left, right, top, bottom = frame if frame is not None and len(frame) == 4 else (0, 0, 0, 0)
        area = (place.x - left, place.y - top, size.width + left + right, size.height + top + bottom)
        return {"title": self._title(window), **rectangle(area)}

    def _title(self, window):
        title = window.get_full_property(self._display.intern_atom("_NET_WM_NAME"), X.AnyPropertyType)
        value = title.value if title is not None else (window.get_wm_name() or "")
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        return text[:TITLE_CHARACTERS_MAX]

    def _property(self, window, name, kind):
        found = window.get_full_property(self._display.intern_atom(name), kind)
        return None if found is None else list(found.value)

    def ready(self, args):
        """Waits until the display is there, something manages windows, and the ports listen; tells what is missing."""
        deadline = time.monotonic() + args["seconds"]
        while True:
            missing = self._missing(args["ports"], args["windows"])
            if not missing or time.monotonic() > deadline:
                return {"missing": missing}
            time.sleep(0.02)

    def _missing(self, ports, windows):
        missing = [name for name, port in ports.items() if not listening(port)]
        try:
            root = self.root()
        except Failure:
            return ["xvfb", *missing]
        self._tell_visuals(root)
        if windows and not self._managed(root):
            missing.insert(0, "xfce4")
        return missing

    def _tell_visuals(self, root):
        """Spares each GTK 3 program the search for OpenGL, which loads 200 MB of libraries: the first one to do it leaves
        what it has found in this property."""
        name = self._display.intern_atom("GDK_VISUALS")
        if root.get_full_property(name, X.AnyPropertyType) is None:
            screen = self._display.screen()
            deep = next((d.visuals[0].visual_id for d in screen.allowed_depths if d.depth == 32 and d.visuals), 0)
            root.change_property(name, Xatom.INTEGER, 32, [screen.root_visual, deep])

    def _managed(self, root):
        """Whether a window manager has taken the screen, and a panel or desktop drawn on it."""
        check = self._property(root, "_NET_SUPPORTING_WM_CHECK", Xatom.WINDOW)
        try:
            if not check or not self._display.create_resource_object("window", check[0]).get_attributes():
                return False
        except XError:
            return False
        return bool(self._property(root, "_NET_CLIENT_LIST", Xatom.WINDOW))


def draw_cross(image, place):
    from PIL import ImageDraw

    x, y = place
    draw = ImageDraw.Draw(image)
    for colour, width in (("white", 3), ("red", 1)):
        draw.line((x - CROSS_PIXELS, y, x + CROSS_PIXELS, y), fill=colour, width=width)
        draw.line((x, y - CROSS_PIXELS, x, y + CROSS_PIXELS), fill=colour, width=width)


def rectangle(place, **more):
    x, y, width, height = place
    return {"x": x, "y": y, "width": width, "height": height, **more}


def holds(place, x, y):
    left, top, width, height = place
    return left <= x < left + width and top <= y < top + height


def listening(port):
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as lines:
                for line in lines:
                    fields = line.split()
                    if len(fields) > 3 and fields[1].endswith(wanted) and fields[3] == "0A":
                        return True
        except OSError:
            continue
    return False
