"""The stateful interpreter while the server is restarted."""

import threading

from support.installation import Installation


def test_contexts_and_executions_outlive_an_orderly_restart_of_the_server(own_sandbox, installation: Installation) -> None:
    run = own_sandbox.code_interpreter.run_code
    context = own_sandbox.code_interpreter.create_context()
    run("kept = 41", context=context)
    outcomes: list[str] = []
    begun = threading.Event()

    def long() -> None:
        code = "import time\nprint('begun', flush=True)\ntime.sleep(8)\nfinished = 9"
        try:
            run(code, context=context, on_stdout=lambda _: begun.set())
            outcomes.append("ended")
        except Exception as cut:
            outcomes.append(type(cut).__name__)

    thread = threading.Thread(target=long)
    thread.start()
    assert begun.wait(30)
    installation.stop_server()
    installation.start_server()
    thread.join(60)
    assert outcomes != ["ended"], "a client took the server's end for that of its code"
    assert run("print(kept + 1, finished)", context=context).stdout == "42 9\n"
