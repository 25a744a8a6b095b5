"""One context of the stateful interpreter: runs pieces of code one after another in one namespace.

Requests are lines of JSON on what is standard input at the start: {"id", "code", "envs"}. What the code and its children
write goes to descriptors 1 and 2 as it is. Between it stand frames, which tell where an execution begins and ends: a NUL
byte, the token of the command line, a blank, a JSON object in ASCII and a newline, never longer than what a pipe takes
whole. Runs on Python 3.6 and later.
"""

import builtins
import io
import json
import os
import select
import signal
import sys
import traceback
import types

ORDINARY = "<stdin>"
OWN = "<interpreter>"
NAME_MAX = 256
VALUE_MAX = 65536
TRACEBACK_MAX = 262144
PART = 256
LIBRARY = os.path.dirname(os.__file__) + os.sep
PACKAGES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)

# Code that runs here may change any module; what frames are made of is taken before.
dumps = json.dumps
write = os.write
number = os.getpid


class State:
    """What the handler of the interrupt looks at."""

    running = False
    interrupted = False


def interrupt(_signal, _frame):
    if State.running:
        State.interrupted = True
        raise KeyboardInterrupt


def stream(descriptor):
    """Text goes out with each newline, each flush, and whenever a kilobyte waits."""
    buffer = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False), 1024)
    return io.TextIOWrapper(buffer, "utf-8", "backslashreplace", line_buffering=True, write_through=True)


def requests(descriptor):
    """Lines of the control channel; one that a server left half written is no JSON and is passed over."""
    waiting = []
    while True:
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            return
        *lines, rest = piece.split(b"\n")
        for line in lines:
            waiting.append(line)
            whole = b"".join(waiting)
            waiting.clear()
            try:
                request = json.loads(whole.decode("utf-8"))
            except ValueError:
                continue
            if isinstance(request, dict) and isinstance(request.get("code"), str):
                yield request
        waiting.append(rest)


class Frames:
    def __init__(self, token, output, error):
        self.token = token
        self.both = (output, error)

    def send(self, descriptors, **fields):
        frame = b"\0" + self.token + b" " + dumps(fields).encode("ascii") + b"\n"
        for descriptor in descriptors:
            left = frame
            while left:
                try:
                    left = left[write(descriptor, left) :]
                except BlockingIOError:
                    waiter = select.poll()
                    waiter.register(descriptor, select.POLLOUT)
                    waiter.poll()

    def failure(self, identity, name, value, trace):
        for field, text in (("name", name), ("value", value), ("traceback", trace)):
            for begin in range(0, len(text), PART):
                self.send(self.both[:1], id=identity, kind="error", field=field, text=text[begin : begin + PART])


def shortened(text, limit):
    return text if len(text) <= limit else text[: limit // 2] + "\n...\n" + text[-limit // 2 :]


def words(failure):
    try:
        return str(failure)
    except Exception:
        return "<the exception has no text>"


def of_user(frame):
    name = frame.filename
    if name == ORDINARY:
        return True
    if name == OWN or name.startswith("<frozen ") or name.startswith(LIBRARY):
        return False
    return not any(place in name for place in PACKAGES)


def trace(failure):
    """The traceback as Python prints it, without the frames of this program and of libraries."""
    told = traceback.TracebackException(type(failure), failure, failure.__traceback__)
    chain, seen = [told], set()
    while chain:
        one = chain.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.stack[:] = [frame for frame in one.stack if of_user(frame)]
        chain += [one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ())]
    return "".join(told.format())


def run(code, namespace):
    """Answers the exception that ended the code; none after SystemExit."""
    try:
        compiled = compile(code, ORDINARY, "exec", dont_inherit=True)
    except BaseException as failure:
        failure.__traceback__ = None
        return failure, shortened("%s: %s\n" % (type(failure).__name__, words(failure)), TRACEBACK_MAX)
    try:
        try:
            State.running = True
            exec(compiled, namespace)
        finally:
            State.running = False
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            print(words(end), file=sys.stderr)
    except BaseException as failure:
        try:
            return failure, shortened(trace(failure), TRACEBACK_MAX)
        except Exception:
            return failure, "%s: %s\n" % (type(failure).__name__, shortened(words(failure), VALUE_MAX))
    return None, ""


def with_environment(variables, action):
    """Sets variables for one execution; the code's own changes to others stay."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        return action()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def flush():
    for output in {sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__}:
        try:
            output.flush()
        except Exception:
            pass


def execute(request, namespace, frames):
    identity = str(request.get("id"))[:64]
    process = number()
    flush()
    signal.signal(signal.SIGINT, interrupt)
    State.interrupted = False
    frames.send(frames.both, id=identity, kind="begin")
    failure, told = with_environment(request.get("envs") or {}, lambda: run(request["code"], namespace))
    flush()
    if number() != process:
        os._exit(0)  # a fork that the code has left to run on
    outcome = "completed"
    if isinstance(failure, KeyboardInterrupt) and State.interrupted:
        outcome = "interrupted"
    elif failure is not None:
        name = type(failure).__name__
        frames.failure(identity, name[:NAME_MAX], shortened(words(failure), VALUE_MAX), told)
    frames.send(frames.both, id=identity, kind="end", outcome=outcome)


def main():
    token = sys.argv[1].encode("ascii")
    control, output, error = os.dup(0), os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout = sys.__stdout__ = stream(1)
    sys.stderr = sys.__stderr__ = stream(2)
    sys.argv[:] = [""]
    signal.signal(signal.SIGINT, interrupt)
    module = types.ModuleType("__main__")
    module.__builtins__ = builtins
    sys.modules["__main__"] = module
    frames = Frames(token, output, error)
    for request in requests(control):
        execute(request, module.__dict__, frames)


own = sys.modules["__main__"]
main()
