"""The desktop's program, part 3: what programs tell of their widgets, by the AT-SPI bus."""

import re

NODES_MAX = 20_000
TEXT_CHARACTERS_MAX = 4_000
ACTIONS_MAX = 50
IN_FLIGHT = 100
CALL_MILLISECONDS = 1_000
WALK_SECONDS = 15

REGISTRY = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
ACCESSIBLE = "org.a11y.atspi.Accessible"
COMPONENT = "org.a11y.atspi.Component"
ACTION = "org.a11y.atspi.Action"
EDITABLE = "org.a11y.atspi.EditableText"
VALUE = "org.a11y.atspi.Value"
PROPERTIES = "org.freedesktop.DBus.Properties"

STATES = (
    "invalid active armed busy checked collapsed defunct editable enabled expandable expanded focusable focused"
    " has_tooltip horizontal iconified modal multi_line multiselectable opaque pressed resizable selectable selected"
    " sensitive showing single_line stale transient vertical visible manages_descendants indeterminate required"
    " truncated animated invalid_entry supports_autocompletion selectable_text is_default visited checkable has_popup"
    " read_only"
).split()


class Accessibility:
    """The tree of all programs' widgets. A node is (bus name, object path)."""

    def __init__(self):
        self._bus = None
        self._context = None

    def tree(self, args):
        root = self._root(args)
        nodes, truncated = self._walk(root, args.get("depth"))
        return {"nodes": nodes, "truncated": truncated}

    def find(self, args):
        accepts = matcher(args)
        nodes, truncated = self._walk(self._root(args), None)
        matches = [{**node, "parent": -1} for node in nodes if accepts(node)]
        return {"nodes": matches[: args["limit"]], "truncated": truncated or len(matches) > args["limit"]}

    def focus(self, args):
        node, interfaces = self._known(args["id"])
        if COMPONENT not in interfaces or not self._ask(node, COMPONENT, "GrabFocus", "(b)"):
            raise Failure("unsupported", "the node does not take the focus")
        return {}

    def invoke(self, args):
        node, interfaces = self._known(args["id"])
        actions = [entry[0] for entry in self._ask(node, ACTION, "GetActions", "(a(sss))")] if ACTION in interfaces else []
        wanted = args.get("action") or (actions[0] if actions else "")
        index = next((i for i, name in enumerate(actions) if name.lower() == wanted.lower()), None)
        if index is None:
            names = ", ".join(actions[:ACTIONS_MAX]) or "none"
            raise Failure("unsupported", f"the node has no action {wanted}; it has: {names}" if wanted else "the node has no action")
        if not self._ask(node, ACTION, "DoAction", "(b)", self._glib.Variant("(i)", (index,))):
            raise Failure("unsupported", f"the node did not do {actions[index]}")
        return {}

    def set_value(self, args):
        node, interfaces = self._known(args["id"])
        variant = self._glib.Variant
        if EDITABLE in interfaces:
            if not self._ask(node, EDITABLE, "SetTextContents", "(b)", variant("(s)", (args["value"],))):
                raise Failure("unsupported", "the node did not take the text; is it read-only?")
            return {}
        if VALUE not in interfaces:
            raise Failure("unsupported", "the node has neither editable text nor a number")
        try:
            number = float(args["value"])
        except ValueError as e:
            raise Failure("invalid", "the node's value is a number") from e
        self._ask(node, PROPERTIES, "Set", "()", variant("(ssv)", (VALUE, "CurrentValue", variant("d", number))))
        return {}

    def _root(self, args):
        """The node that a scope begins at: the desktop, or one program."""
        self._connect()
        if args["scope"] == "all":
            return REGISTRY
        programs = self._children([REGISTRY])[0]
        if args["scope"] == "pid":
            bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
            ask = "GetConnectionUnixProcessID"
            calls = [(bus, "org.freedesktop.DBus", ask, self._glib.Variant("(s)", (name,))) for name, _ in programs]
            fitting = [p for p, answer in zip(programs, self._gather(calls)) if answer and answer[0] == args["pid"]]
        else:
            fitting = self._active(programs)
        if not fitting:
            what = f"of process {args['pid']}" if args["scope"] == "pid" else "with the focus"
            raise Failure("no_root", f"no program {what} tells of its widgets")
        return fitting[0]

    def _active(self, programs):
        """Programs that own the active window."""
        windows = self._children(programs)
        owners = [(program, window) for program, own in zip(programs, windows) for window in own]
        states = self._gather([(window, ACCESSIBLE, "GetState", None) for _, window in owners])
        return [program for (program, _), state in zip(owners, states) if "active" in states_of(state)]

    def _walk(self, root, depth_max):
        """Nodes in the order of levels, each with the index of its parent; at most NODES_MAX, for WALK_SECONDS."""
        deadline = time.monotonic() + WALK_SECONDS
        nodes, seen, level, depth, truncated = [], {root}, [(root, -1)], 0, False
        while level:
            if len(nodes) + len(level) > NODES_MAX:
                level, truncated = level[: NODES_MAX - len(nodes)], True
            first = len(nodes)
            references = [reference for reference, _ in level]
            for described, (_, parent) in zip(self._describe(references), level):
                nodes.append({**described, "parent": parent})
            if depth == depth_max or not level:
                break
            if time.monotonic() > deadline:
                truncated = True
                break
            level = []
            for index, children in enumerate(self._children(references), first):
                for child in children:
                    if child not in seen:
                        seen.add(child)
                        level.append((child, index))
            depth += 1
        return nodes, truncated

    def _describe(self, references):
        variant = self._glib.Variant
        calls = []
        for node in references:
            calls += [
                (node, ACCESSIBLE, "GetRoleName", None),
                (node, PROPERTIES, "Get", variant("(ss)", (ACCESSIBLE, "Name"))),
                (node, PROPERTIES, "Get", variant("(ss)", (ACCESSIBLE, "Description"))),
                (node, ACCESSIBLE, "GetState", None),
                (node, COMPONENT, "GetExtents", variant("(u)", (0,))),
                (node, ACTION, "GetActions", None),
            ]
        answers = self._gather(calls)
        for index, (name, path) in enumerate(references):
            role, title, description, state, extents, actions = answers[index * 6 : index * 6 + 6]
            yield {
                "id": f"{name}:{path}",
                "role": text_of(role),
                "name": text_of(title),
                "description": text_of(description),
                "states": states_of(state),
                "bounds": list(extents[0]) if extents else [0, 0, 0, 0],
                "actions": [entry[0][:TEXT_CHARACTERS_MAX] for entry in actions[0][:ACTIONS_MAX]] if actions else [],
            }

    def _children(self, references):
        answers = self._gather([(node, ACCESSIBLE, "GetChildren", None) for node in references])
        return [[tuple(child) for child in answer[0]] if answer else [] for answer in answers]

    def _known(self, identity):
        """A node that exists, and what it can do."""
        self._connect()
        name, _, path = identity.rpartition(":")
        node = (name, path)
        answer = self._gather([(node, ACCESSIBLE, "GetInterfaces", None)])[0]
        if not answer:
            raise Failure("not_found", f"there is no node {identity}; it may have gone since the tree was read")
        return node, answer[0]

    def _ask(self, node, interface, method, kind, arguments=None):
        """One call whose failure is told."""
        glib = self._glib
        try:
            reply = self._bus.call_sync(
                *node, interface, method, arguments, glib.VariantType(kind), 0, CALL_MILLISECONDS * 5, None
            )
        except glib.Error as e:
            raise Failure("unsupported", f"the program refused: {e.message[:TEXT_CHARACTERS_MAX]}") from e
        answer = reply.unpack()
        return answer[0] if answer else None

    def _gather(self, calls):
        """Many calls at once; None for each that failed."""
        glib, context = self._glib, self._context
        answers, open_calls, begun = [None] * len(calls), 0, 0

        def done(bus, result, index):
            nonlocal open_calls
            open_calls -= 1
            try:
                answers[index] = bus.call_finish(result).unpack()
            except glib.Error:
                pass

        while begun < len(calls) or open_calls:
            while begun < len(calls) and open_calls < IN_FLIGHT:
                (name, path), interface, method, arguments = calls[begun]
                self._bus.call(name, path, interface, method, arguments, None, 0, CALL_MILLISECONDS, None, done, begun)
                begun += 1
                open_calls += 1
            context.iteration(True)
        return answers

    def _connect(self):
        if self._bus is not None and not self._bus.is_closed():
            return
        try:
            from gi.repository import Gio, GLib
        except ImportError as e:
            raise Failure("unavailable", f"the sandbox lacks python3-gi: {e}") from e
        self._glib = GLib
        if self._context is None:
            self._context = GLib.MainContext()
            self._context.push_thread_default()  # this thread alone takes the answers
        flags = Gio.DBusConnectionFlags
        try:
            session = Gio.DBusConnection.new_for_address_sync(
                Gio.dbus_address_get_for_bus_sync(Gio.BusType.SESSION, None),
                flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None,
            )
            kind = GLib.VariantType("(s)")
            address = session.call_sync(
                "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, kind, 0, CALL_MILLISECONDS * 5, None
            ).unpack()[0]
            session.close_sync(None)
            self._bus = Gio.DBusConnection.new_for_address_sync(
                address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None
            )
        except GLib.Error as e:
            raise Failure("unavailable", f"the accessibility bus does not answer: {e.message}") from e


def matcher(args):
    """What decides whether a node fits."""
    role = (args.get("role") or "").replace("_", " ").lower()
    name, how = args.get("name") or "", args["match"]
    states = set(args.get("states") or [])
    if how == "regex":
        try:
            pattern = re.compile(name)
        except re.error as e:
            raise Failure("invalid", f"name is no regular expression: {e}") from e

    def accepts(node):
        if role and node["role"].lower() != role or not states <= set(node["states"]):
            return False
        if not name:
            return True
        if how == "exact":
            return node["name"] == name
        if how == "regex":
            return pattern.search(node["name"]) is not None
        return name.lower() in node["name"].lower()

    return accepts


def text_of(answer):
    text = answer[0] if answer else ""
    return text[:TEXT_CHARACTERS_MAX] if isinstance(text, str) else ""


def states_of(answer):
    words = answer[0] if answer else []
    bits = sum(word << (32 * index) for index, word in enumerate(words[:2]))
    return [name for index, name in enumerate(STATES) if bits >> index & 1]
