"""The desktop's program, part 2: mouse and keyboard."""

from Xlib.ext import xtest

BUTTONS = {"left": 1, "middle": 2, "right": 3}
WHEEL = {"up": 4, "down": 5, "left": 6, "right": 7}
DRAG_STEPS = 20
DRAG_STEP_SECONDS = 0.005
# What a program is given to notice a key that got another meaning.
KEYMAP_SECONDS = 0.1
RETURN = 0xFF0D
SHIFT = 0xFFE1
UNICODE = 0x01000000
# Digits that a keypad gives with Num Lock; with Shift, which would do as well, programs take them for something else.
KEYPAD = range(0xFF80, 0xFFBE)


class Hands:
    """Mouse and keyboard, as the server itself would report them."""

    def __init__(self, screen):
        self._screen = screen
        self._borrowed = {}  # key symbols that the layout lacks, and the unused key that has each; oldest first

    def move(self, args):
        self._go(self._screen.connection(), args["x"], args["y"])
        return self._screen.position(args)

    def click(self, args):
        d = self._screen.connection()
        self._go(d, args["x"], args["y"])
        with self._held(d, Layout(d), args["modifiers"]):
            for _ in range(2 if args["double"] else 1):
                self._button(d, X.ButtonPress, args["button"])
                self._button(d, X.ButtonRelease, args["button"])
            d.sync()
        return self._screen.position(args)

    def button(self, args):
        d = self._screen.connection()
        if "x" in args:
            self._go(d, args["x"], args["y"])
        self._button(d, X.ButtonPress if args["down"] else X.ButtonRelease, args["button"])
        return self._screen.position(args)

    def drag(self, args):
        d = self._screen.connection()
        (x, y), (end_x, end_y) = args["from"], args["to"]
        self._go(d, x, y)
        with self._held(d, Layout(d), args["modifiers"]):
            self._button(d, X.ButtonPress, args["button"])
            for step in range(1, DRAG_STEPS + 1):
                part = step / DRAG_STEPS
                time.sleep(DRAG_STEP_SECONDS)
                self._go(d, round(x + (end_x - x) * part), round(y + (end_y - y) * part))
            self._button(d, X.ButtonRelease, args["button"])
            d.sync()
        return self._screen.position(args)

    def scroll(self, args):
        d = self._screen.connection()
        self._go(d, args["x"], args["y"])
        with self._held(d, Layout(d), args["modifiers"]):
            for _ in range(args["amount"]):
                xtest.fake_input(d, X.ButtonPress, WHEEL[args["direction"]])
                xtest.fake_input(d, X.ButtonRelease, WHEEL[args["direction"]])
            d.sync()
        return {}

    def type(self, args):
        d = self._screen.connection()
        pause = args["delay"] / 1000
        layout = Layout(d)
        caps_lock = d.screen().root.query_pointer().mask & X.LockMask
        for character in args["text"]:
            symbol = RETURN if character == "\n" else symbol_of(character)
            code, shifted = self._key(d, layout, symbol)
            if caps_lock and character.isalpha():
                shifted = not shifted
            with self._held(d, layout, [SHIFT] if shifted else []):
                self._strike(d, code)
            if pause:
                d.sync()
                time.sleep(pause)
        d.sync()
        return {}

    def press(self, args):
        d = self._screen.connection()
        layout = Layout(d)
        code, shifted = self._key(d, layout, args["key"])
        modifiers = args["modifiers"]
        if shifted and SHIFT not in modifiers:
            modifiers = [*modifiers, SHIFT]
        with self._held(d, layout, modifiers):
            self._strike(d, code)
        d.sync()
        return {}

    def key(self, args):
        d = self._screen.connection()
        code, _ = self._key(d, Layout(d), args["key"])
        xtest.fake_input(d, X.KeyPress if args["down"] else X.KeyRelease, code)
        d.sync()
        return {}

    def _held(self, d, layout, symbols):
        return Held(d, [self._key(d, layout, symbol)[0] for symbol in symbols])

    def _key(self, d, layout, symbol):
        """The key for a symbol, and whether it takes Shift. One that the layout lacks gets an unused key."""
        if symbol in layout.keys and not (layout.keys[symbol][1] and symbol in KEYPAD):
            return layout.keys[symbol]
        if layout.unused:
            code = layout.unused.pop()
        elif self._borrowed:
            time.sleep(KEYMAP_SECONDS)  # what was typed with it must have been read
            code = self._borrowed.pop(next(iter(self._borrowed)))
        else:
            raise Failure("internal", "the keyboard has no unused key left for a character that its layout lacks")
        d.change_keyboard_mapping(code, [[symbol, symbol]])
        d.sync()
        self._borrowed[symbol] = code
        layout.keys = {known: place for known, place in layout.keys.items() if place[0] != code}
        layout.keys[symbol] = (code, False)
        return code, False

    def _strike(self, d, code):
        xtest.fake_input(d, X.KeyPress, code)
        xtest.fake_input(d, X.KeyRelease, code)

    def _go(self, d, x, y):
        xtest.fake_input(d, X.MotionNotify, x=x, y=y)
        d.sync()

    def _button(self, d, event, name):
        xtest.fake_input(d, event, BUTTONS[name])
        d.sync()


class Held:
    """Keys that are down during a block, whatever happens in it."""

    def __init__(self, d, codes):
        self._display = d
        self._codes = codes

    def __enter__(self):
        for code in self._codes:
            xtest.fake_input(self._display, X.KeyPress, code)

    def __exit__(self, *_):
        for code in reversed(self._codes):
            xtest.fake_input(self._display, X.KeyRelease, code)


class Layout:
    """Which key gives which symbol now."""

    def __init__(self, d):
        first, last = d.display.info.min_keycode, d.display.info.max_keycode
        self.keys = {}
        self.unused = []
        for code, symbols in enumerate(d.get_keyboard_mapping(first, last - first + 1), first):
            if not any(symbols):
                self.unused.append(code)
            for level, symbol in enumerate(symbols[:2]):
                if symbol and (symbol not in self.keys or self.keys[symbol][1]):
                    self.keys[symbol] = (code, level == 1)


def symbol_of(character):
    number = ord(character)
    return number if number < 0x100 else UNICODE | number
