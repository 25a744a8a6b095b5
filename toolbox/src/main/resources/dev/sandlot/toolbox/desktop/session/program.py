"""The desktop's program, part 4: takes calls as lines of JSON on its input and answers each with a line on its output.

A call is {"id", "call", "args"}; an answer {"id", "result"} or {"id", "failure": {"kind", "message"}}.
"""

import json
import os
import queue
import sys
import threading
import traceback


def work(calls, operations, answer):
    """Does one kind of calls, one after the other."""
    while True:
        call = calls.get()
        try:
            reply = {"result": operations[call["call"]](call["args"])}
        except Failure as failure:
            reply = {"failure": {"kind": failure.kind, "message": str(failure)}}
        except Exception as e:
            traceback.print_exc()
            reply = {"failure": {"kind": "internal", "message": f"{type(e).__name__}: {e}"}}
        answer({"id": call["id"], **reply})


def main():
    # What a library prints must not get among the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lock = threading.Lock()

    def answer(reply):
        line = json.dumps(reply).encode() + b"\n"
        with lock:
            out.write(line)
            out.flush()

    # A long text that is being typed, or a program that does not answer about its widgets, keeps no picture waiting.
    looking, acting = Screen(), Hands(Screen())
    accessibility = Accessibility()
    kinds = [
        {name: getattr(looking, name) for name in ("screenshot", "position", "displays", "windows")},
        {"ready": Screen().ready},
        {name: getattr(acting, name) for name in ("move", "click", "button", "drag", "scroll", "type", "press", "key")},
        {name: getattr(accessibility, name) for name in ("tree", "find", "focus", "invoke", "set_value")},
    ]
    queues = {}
    for operations in kinds:
        calls = queue.Queue()
        queues.update(dict.fromkeys(operations, calls))
        threading.Thread(target=work, args=(calls, operations, answer), daemon=True).start()
    for line in sys.stdin.buffer:
        call = json.loads(line)
        queues[call["call"]].put(call)


main()
