"""Runs a program and describes the matplotlib figures that it shows.

The server puts two lines before this text, which define TOKEN and PROGRAM, and has it run by program/python.py. Each chart
goes out as frames on standard output: a NUL byte, the token, a blank, a JSON object in ASCII and a newline, never longer
than what a pipe takes whole. Runs on Python 3.8 and later, with matplotlib 3.4 and later.
"""

import base64
import builtins
import importlib.abc
import importlib.util
import io
import json
import linecache
import math
import os
import sys
import traceback

FILE = "<target_code>"
DPI = 100
PART = 2048
CHARTS_MAX = 100
LIBRARY = os.path.dirname(os.__file__) + os.sep
PACKAGES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


# What goes out.


class Sink:
    def __init__(self):
        self.descriptor = os.dup(1)
        self.sent = 0
        self.seen = set()

    def chart(self, description):
        text = json.dumps(description)
        if self.sent >= CHARTS_MAX:
            return
        sys.stdout.flush()
        for begin in range(0, len(text), PART):
            last = begin + PART >= len(text)
            frame = json.dumps({"chart": self.sent, "part": text[begin : begin + PART], "last": last})
            self.write(b"\0" + TOKEN.encode("ascii") + b" " + frame.encode("ascii") + b"\n")
        self.sent += 1

    def write(self, frame):
        while frame:
            frame = frame[os.write(self.descriptor, frame) :]


# Numbers and texts.


def number(value):
    """A finite float or int; None for everything else, masked values too."""
    try:
        value = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def words(value):
    return str(number(value))


def shown(label):
    """Labels that begin with an underscore are matplotlib's own and never shown."""
    text = str(label or "")
    return "" if text.startswith("_") else text


class Direction:
    """One axis of a chart: how its numbers are told."""

    def __init__(self, axis, scale):
        self.axis = axis
        self.dates = is_dates(axis)
        ticks, labels = [], []
        for tick, label in zip(axis.get_ticklocs(), [each.get_text() for each in axis.get_ticklabels()]):
            place = self.told(tick)
            if place is not None:
                ticks.append(place)
                labels.append(self.iso(tick) if self.dates else label)
        self.ticks, self.labels = ticks, labels
        self.scale = "datetime" if self.dates else "categorical" if self.categorical() else scale

    def told(self, value):
        """As a number: of seconds since 1970 for a date."""
        value = number(value)
        if value is None or not self.dates:
            return value
        from matplotlib import dates

        try:
            return number(dates.num2date(value).timestamp())
        except (ValueError, OverflowError):
            return None

    def iso(self, value):
        from matplotlib import dates

        moment = dates.num2date(value)
        return moment.date().isoformat() if value == int(value) else moment.replace(tzinfo=None).isoformat()

    def categorical(self):
        if self.ticks != list(range(len(self.ticks))) or not self.ticks:
            return False
        return any(label and not same_number(label, tick) for label, tick in zip(self.labels, self.ticks))

    def name(self, value):
        """What stands below a bar or a box."""
        if self.dates:
            return self.iso(value)
        told = self.told(value)
        if told is None:
            return ""
        near = sorted((abs(tick - told), label) for tick, label in zip(self.ticks, self.labels) if label)
        fixed = any(not same_number(label, tick) for label, tick in zip(self.labels, self.ticks) if label)
        if near and (near[0][0] < 1e-9 or (fixed and near[0][0] <= 0.5)):
            return near[0][1]
        return "%g" % told


def same_number(label, value):
    try:
        return abs(float(label.replace("\u2212", "-")) - value) < 1e-9 * max(1, abs(value))
    except ValueError:
        return False


def is_dates(axis):
    from matplotlib import dates

    converter = axis.get_converter() if hasattr(axis, "get_converter") else axis.converter
    formatters = (dates.DateFormatter, dates.AutoDateFormatter, dates.ConciseDateFormatter)
    return (
        "Date" in type(converter).__name__
        or isinstance(axis.get_major_locator(), dates.DateLocator)
        or isinstance(axis.get_major_formatter(), formatters)
    )


# What an axes shows.


def points(direction_x, direction_y, xs, ys):
    pairs = ((direction_x.told(x), direction_y.told(y)) for x, y in zip(xs, ys))
    return [[x, y] for x, y in pairs if x is not None and y is not None]


def is_grid(line):
    xs, ys = line.get_xdata(orig=False), line.get_ydata(orig=False)
    return len(xs) == 2 and (xs[0] == xs[1] or ys[0] == ys[1])


def lines_of(axes):
    return [line for line in axes.lines if not is_grid(line)]


def clouds_of(axes):
    from matplotlib.collections import PathCollection

    return [each for each in axes.collections if isinstance(each, PathCollection) and len(each.get_offsets())]


def pie(axes, _x, _y):
    from matplotlib.patches import Wedge

    wedges = [patch for patch in axes.patches if isinstance(patch, Wedge)]
    elements = [
        {"label": shown(wedge.get_label()), "angle": number(wedge.theta2 - wedge.theta1), "radius": number(wedge.r)}
        for wedge in wedges
    ]
    return [element for element in elements if element["angle"] is not None]


def bars_of(axes):
    from matplotlib.container import BarContainer

    return [each for each in axes.containers if isinstance(each, BarContainer) and len(each.patches)]


def lies(container):
    """Whether bars grow to the right."""
    orientation = getattr(container, "orientation", None)
    if orientation:
        return orientation == "horizontal"
    return len(container.patches) > 1 and len({patch.get_height() for patch in container.patches}) == 1


def bar(axes, x, y):
    elements = []
    for container in bars_of(axes):
        horizontal = lies(container)
        for patch in container.patches:
            size = number(patch.get_width() if horizontal else patch.get_height())
            place = patch.get_y() + patch.get_height() / 2 if horizontal else patch.get_x() + patch.get_width() / 2
            if size is None or number(place) is None:
                continue
            label = (y if horizontal else x).name(place)
            elements.append({"label": label, "group": shown(container.get_label()), "value": words(size)})
    return elements


def boxes_of(axes):
    from matplotlib.patches import PathPatch

    return [patch for patch in axes.patches if isinstance(patch, PathPatch)]


def spread(values):
    return min(values), max(values)


def upright(axes):
    """Whether boxes stand: their whiskers go up and down."""
    long = [line for line in axes.lines if len(line.get_xdata(orig=False)) == 2]
    vertical = sum(line.get_xdata(orig=False)[0] == line.get_xdata(orig=False)[1] for line in long)
    boxes = max(1, len(boxes_of(axes)))
    # Each box has two whiskers along it, and two caps and a median across it.
    return vertical <= 2 * boxes


def box(axes, x, y):
    stands = upright(axes)
    along, across = (y, x) if stands else (x, y)
    elements = []
    for patch in boxes_of(axes):
        vertices = patch.get_path().vertices
        sides = [vertices[:, 0], vertices[:, 1]]
        low, high = spread(sides[0] if stands else sides[1])
        first, third = spread(sides[1] if stands else sides[0])
        element = box_lines(axes, stands, (low, high), (first, third))
        told = {name: along.told(value) for name, value in element.items()}
        if any(value is None for value in told.values()):
            continue
        outliers = outliers_of(axes, stands, (low + high) / 2)
        told["outliers"] = [value for value in map(along.told, outliers) if value is not None]
        elements.append({"label": across.name((low + high) / 2), **told})
    return elements


def box_lines(axes, stands, width, quartiles):
    """What the lines through a box tell: whiskers along its middle, the median across it."""
    first, third = quartiles
    middle = sum(width) / 2
    element = {"min": first, "first_quartile": first, "median": first, "third_quartile": third, "max": third}
    for line in axes.lines:
        xs, ys = line.get_xdata(orig=False), line.get_ydata(orig=False)
        sides, levels = (xs, ys) if stands else (ys, xs)
        if len(sides) != 2 or not (width[0] <= min(sides) and max(sides) <= width[1]):
            continue
        if sides[0] == sides[1] and abs(sides[0] - middle) < 1e-9:
            element["min"] = min(element["min"], *levels)
            element["max"] = max(element["max"], *levels)
        elif levels[0] == levels[1] and first <= levels[0] <= third and is_median(sides, width):
            element["median"] = levels[0]
    return element


def is_median(sides, width):
    """Caps are narrower than boxes; medians are as wide, or as their notch."""
    return max(sides) - min(sides) > 0.75 * (width[1] - width[0])


def outliers_of(axes, stands, middle):
    found = []
    for line in axes.lines:
        xs, ys = line.get_xdata(orig=False), line.get_ydata(orig=False)
        sides, levels = (xs, ys) if stands else (ys, xs)
        if line.get_linestyle() in ("None", " ", "") and len(sides) and all(abs(side - middle) < 1e-9 for side in sides):
            found += list(levels)
    return found


def series(axes, x, y):
    elements = []
    for line in lines_of(axes):
        pairs = points(x, y, line.get_xdata(orig=False), line.get_ydata(orig=False))
        elements.append({"label": shown(line.get_label()), "points": pairs})
    for cloud in clouds_of(axes):
        offsets = cloud.get_offsets()
        offsets = offsets.filled(math.nan) if hasattr(offsets, "filled") else offsets
        pairs = points(x, y, offsets[:, 0], offsets[:, 1])
        elements.append({"label": shown(cloud.get_label()), "points": pairs})
    return elements


def kind(axes):
    """The type of chart and what reads it."""
    from matplotlib.patches import Wedge

    if any(isinstance(patch, Wedge) for patch in axes.patches):
        return "pie", pie
    if bars_of(axes):
        return "bar", bar
    if boxes_of(axes) and axes.lines:
        return "box_and_whisker", box
    drawn = [child for child in axes.get_children() if child in axes.lines or child in axes.collections]
    if drawn and lines_of(axes) + clouds_of(axes):
        first_line = next((index for index, each in enumerate(drawn) if each in lines_of(axes)), len(drawn))
        first_cloud = next((index for index, each in enumerate(drawn) if each in clouds_of(axes)), len(drawn))
        return ("line" if first_line < first_cloud else "scatter"), series
    return "unknown", lambda *_: None


def describe_axes(axes):
    name, reader = kind(axes)
    description = {"type": name, "title": axes.get_title()}
    if name == "pie":
        description["elements"] = pie(axes, None, None)
        return description
    x = Direction(axes.xaxis, axes.get_xscale())
    y = Direction(axes.yaxis, axes.get_yscale())
    labels = [axes.get_xlabel(), axes.get_ylabel()]
    if (name == "bar" and lies(bars_of(axes)[0])) or (name == "box_and_whisker" and not upright(axes)):
        labels.reverse()
    description.update(x_label=labels[0], y_label=labels[1])
    description.update(x_ticks=x.ticks, x_tick_labels=x.labels, x_scale=x.scale)
    description.update(y_ticks=y.ticks, y_tick_labels=y.labels, y_scale=y.scale)
    description["elements"] = reader(axes, x, y)
    return description


def without_empty(description):
    return {key: value for key, value in description.items() if key in ("type", "elements") or value not in ("", [], None)}


def is_shown(axes):
    bar_of_colours = axes.get_label() == "<colorbar>" or hasattr(axes, "_colorbar")
    return axes.get_visible() and axes.has_data() and not bar_of_colours


def overall_title(figure):
    title = getattr(figure, "_suptitle", None)
    return title.get_text() if title is not None else ""


def describe(figure):
    shown_axes = [axes for axes in figure.axes if is_shown(axes)]
    if not shown_axes:
        return {"type": "unknown", "title": overall_title(figure), "elements": None}
    if len(shown_axes) == 1:
        description = describe_axes(shown_axes[0])
        description["title"] = description["title"] or overall_title(figure)
        return description
    parts = [without_empty(describe_axes(axes)) for axes in shown_axes]
    return {"type": "composite_chart", "title": overall_title(figure), "elements": parts}


def picture(figure):
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=DPI, bbox_inches="tight")
    return image.getvalue()


def capture(pyplot, sink):
    """Describes the figures that are open and were not seen before."""
    for figure in [pyplot.figure(each) for each in pyplot.get_fignums()]:
        try:
            image = picture(figure)
            if image in sink.seen:
                continue
            sink.seen.add(image)
            try:
                description = describe(figure)
            except Exception:
                description = {"type": "unknown", "title": overall_title(figure), "elements": None}
            description["png"] = base64.b64encode(image).decode("ascii")
            sink.chart(without_empty(description))
        except Exception as failure:
            print("a figure could not be captured: %s" % failure, file=sys.stderr)


# How the program runs.


class Hook(importlib.abc.MetaPathFinder):
    """Replaces `show` when pyplot is imported."""

    def __init__(self, sink):
        self.sink = sink

    def find_spec(self, name, path=None, target=None):
        if name != "matplotlib.pyplot":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def and_replace(module):
            execute(module)
            original = module.show

            def show(*arguments, **keywords):
                capture(module, self.sink)
                try:
                    return original(*arguments, **keywords)
                finally:
                    module.close("all")

            show.__doc__ = original.__doc__
            module.show = show

        spec.loader.exec_module = and_replace
        return spec


def of_user(frame):
    name = frame.filename
    if name == "<stdin>" or name.startswith("<frozen ") or name.startswith(LIBRARY):
        return False
    return not any(place in name for place in PACKAGES)


def complain(kind_of, failure, trace):
    """Prints a traceback of the program's own frames."""
    told = traceback.TracebackException(kind_of, failure, trace)
    chain, seen = [told], set()
    while chain:
        one = chain.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.stack[:] = [frame for frame in one.stack if of_user(frame)]
        chain += [one.__cause__, one.__context__]
    print("".join(told.format()), end="", file=sys.stderr)


def run():
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.meta_path.insert(0, Hook(Sink()))
    sys.excepthook = complain
    program = base64.b64decode(PROGRAM).decode("utf-8", "surrogatepass")
    module = type(own)("__main__")
    module.__dict__.update(__builtins__=builtins, __file__=FILE)
    type(own).texts[FILE] = program.encode("utf-8", "surrogatepass")
    sys.modules["__main__"] = module
    linecache.cache[FILE] = (len(program), None, program.splitlines(True), FILE)
    exec(compile(program, FILE, "exec", dont_inherit=True), module.__dict__)


own = sys.modules["__main__"]
run()
