"""Running commands and code with the synchronous client."""


import pytest
from daytona import CodeRunParams, CreateSandboxFromSnapshotParams, Daytona, SessionExecuteRequest
from daytona_toolbox_api_client.exceptions import ApiException
from generation import SENDS_CODE, TimedOut, need, output
from support.waiting import eventually


def test_runs_python(sandbox) -> None:
    answer = sandbox.process.code_run("print(sum(range(10)))")
    assert (answer.exit_code, answer.result) == (0, output("45\n"))


def test_code_gets_arguments_and_environment(sandbox) -> None:
    need(SENDS_CODE, "arguments that are more than one word")
    answer = sandbox.process.code_run(
        "import os, sys; print(sys.argv[1:], os.environ['COLOUR'])",
        CodeRunParams(argv=["two words", "$HOME;"], env={"COLOUR": "blue"}),
    )
    assert answer.result == "['two words', '$HOME;'] blue\n"


def test_failing_code_tells_its_traceback(sandbox) -> None:
    answer = sandbox.process.code_run("raise ValueError('too small')")
    assert answer.exit_code == 1
    assert "ValueError: too small" in answer.result


@pytest.mark.parametrize("language", ["javascript", "typescript"])
def test_runs_other_languages(daytona: Daytona, language: str) -> None:
    program = "const answer = 6 * 7; console.log(answer)"
    if language == "typescript":
        program = "const answer: number = 6 * 7; console.log(answer)"
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(language=language))
    try:
        answer = sandbox.process.code_run(program)
        assert (answer.exit_code, answer.result) == (0, output("42\n"))
    finally:
        sandbox.delete()


def test_failing_command_tells_its_code_and_output(sandbox) -> None:
    answer = sandbox.process.exec("echo before; echo problem >&2; exit 7")
    assert answer.exit_code == 7
    assert answer.result == output("before\nproblem\n")


def test_command_not_found_is_an_answer_not_an_exception(sandbox) -> None:
    answer = sandbox.process.exec("no-such-program --please")
    assert answer.exit_code == 127
    assert "no-such-program" in answer.result


def test_command_over_its_time_is_ended_with_its_children(sandbox) -> None:
    with pytest.raises(TimedOut):
        sandbox.process.exec("sleep 4321 & sleep 4321", timeout=1)
    assert sandbox.process.exec("pgrep -fx 'sleep 4321' | wc -l").result.strip() == "0"


def test_nothing_that_leaves_a_command_escapes_its_time_limit(sandbox) -> None:
    escapes = """
        setsid sleep 4322 & nohup sleep 4323 >/dev/null 2>&1 &
        (setsid sh -c '(setsid sleep 4324 &) & exit' &)
        (env -i /usr/bin/setsid sleep 4325 &)
        sudo -n setsid sleep 4326 &
        sleep 4327"""
    sandbox.process.exec("setsid sleep 4328 >/dev/null 2>&1 &")  # of a call that ends in time
    for _ in range(2):  # the second call may find a shell that was started before
        with pytest.raises(TimedOut):
            sandbox.process.exec(escapes, timeout=2)
        left = "pgrep -a sleep | grep -o 'sleep 432.'"
        eventually("all of it has ended", lambda: sandbox.process.exec(left).result == output("sleep 4328\n"))
    sandbox.process.exec("pkill -fx 'sleep 4328'")


PYTHON_SERVER = "python3 -u -m http.server 8130"  # it prints a line for each request
NODE_SERVER = """node -e '
    require("http").createServer((request, response) => {
        console.log(request.url, "x".repeat(100000)); console.error(request.url); response.end("here\\n") }).listen(8130)'"""


@pytest.mark.parametrize("server", [PYTHON_SERVER, NODE_SERVER], ids=["python", "node"])
@pytest.mark.parametrize("way", ["exec", "code", "session"])
def test_a_background_server_that_prints_keeps_serving(sandbox, server: str, way: str) -> None:
    if way == "exec":
        assert sandbox.process.exec(f"{server} &").exit_code == 0
    elif way == "code":
        assert sandbox.process.code_run(f"import subprocess\nsubprocess.Popen({server!r}, shell=True)").exit_code == 0
    else:
        sandbox.process.create_session("server")
        request = SessionExecuteRequest(command=f"{server} &")
        assert sandbox.process.execute_session_command("server", request).exit_code == 0
    try:
        fetch = "curl --silent --fail --retry 20 --retry-connrefused --output /dev/null http://localhost:8130"
        for _ in range(8):
            assert sandbox.process.exec(fetch).exit_code == 0
    finally:
        sandbox.process.exec("pkill -f 'http.serve[r]|createServe[r]'")
        if way == "session":
            sandbox.process.delete_session("server")


def test_text_is_utf_8_unless_somebody_says_something_else(sandbox) -> None:
    # In bash: an old client has its commands run by sh, and Debian's counts bytes whatever the language.
    look = "locale charmap; bash -c 'word=naïve; echo ${#word}'; echo é | grep -c '^.$'"
    assert sandbox.process.exec(look).result == output("UTF-8\n5\n1\n")
    assert sandbox.process.exec("locale charmap", env={"LC_ALL": "POSIX"}).result == output("ANSI_X3.4-1968\n")
    assert sandbox.process.code_run("import locale; print(locale.getlocale()[1])").result == output("UTF-8\n")


def test_code_over_its_time_is_ended(sandbox) -> None:
    # Where code has a call of its own, the generated client's exception comes through, and only there.
    with pytest.raises(ApiException if SENDS_CODE else TimedOut) as refused:
        sandbox.process.code_run("import time; time.sleep(600)", timeout=1)
    assert (refused.value.status if SENDS_CODE else refused.value.status_code) == 408


def test_command_runs_where_and_with_what_it_is_told(sandbox) -> None:
    place = "here and there" if SENDS_CODE else "here"  # an old client does not quote it
    answer = sandbox.process.exec("pwd; printenv PLACE", cwd="/tmp", env={"PLACE": place})
    assert answer.result == output(f"/tmp\n{place}\n")


def test_command_may_have_many_lines_and_a_here_document(sandbox) -> None:
    answer = sandbox.process.exec("cat <<'END'\none $HOME\nEND\nfor n in 1 2; do\n  echo $n\ndone")
    assert answer.result == output("one $HOME\n1\n2\n")


def test_a_megabyte_of_output_arrives_whole(sandbox) -> None:
    answer = sandbox.process.exec("yes 0123456789abcde | head -c 1048576")
    assert len(answer.result) == len(output("0123456789abcde\n" * 65536))


def test_bytes_that_are_no_text_do_not_break_the_answer(sandbox) -> None:
    answer = sandbox.process.exec(r"printf 'a\377b'")
    assert answer.result == "a\ufffdb"


def test_a_background_process_outlives_the_command(sandbox) -> None:
    sandbox.process.exec("nohup sleep 321 >/dev/null 2>&1 &")
    assert sandbox.process.exec("pgrep -fx 'sleep 321'").exit_code == 0
    sandbox.process.exec("pkill -fx 'sleep 321'")
