"""What happens at the memory limit: the greedy process is ended, and its sandbox lives on."""

from support import inside, wire

# Takes it in steps that are touched, like a program that leaks.
_BOMB = 'python3 -c \'hoard = []\nwhile True: hoard.append(bytearray(b"x") * (16 << 20))\''


def start_of_agent(sandbox) -> str:
    """It changes when the sandbox is started again."""
    return inside.shell(sandbox, "cut -d' ' -f22 /proc/1/stat; cat /proc/sys/kernel/random/boot_id 2>/dev/null || true")


def run(sandbox, command: str, timeout: int = 60) -> dict:
    answer = wire.toolbox(sandbox.id, "POST", "/process/execute", {"command": command, "timeout": timeout}, timeout=timeout + 30)
    assert answer.status == 200, answer
    return answer.json()


def test_one_greedy_process_is_ended_and_says_why(own_sandbox, sandbox) -> None:
    bystander = inside.shell(own_sandbox, "setsid sleep 9876 >/dev/null 2>&1 & echo $!").strip()
    before = start_of_agent(own_sandbox)
    for _ in range(3):
        ended = run(own_sandbox, _BOMB)
        assert ended["exitCode"] in (-1, 137), ended
        assert ended["reason"] == "out_of_memory", ended
    assert start_of_agent(own_sandbox) == before
    inside.shell(own_sandbox, f"kill -0 {bystander}")
    assert inside.shell(sandbox, "echo fine") == "fine\n"
    # The memory is there for the next.
    inside.shell(own_sandbox, "python3 -c 'bytearray(b\"x\") * (200 << 20)'")


def test_several_greedy_processes_are_ended(own_sandbox) -> None:
    before = start_of_agent(own_sandbox)
    ended = run(own_sandbox, f"for i in 1 2 3 4; do {_BOMB} & done; wait", 90)
    assert ended["exitCode"] in (-1, 0, 137), ended
    assert start_of_agent(own_sandbox) == before


def test_memory_below_the_limit_is_anybodys(own_sandbox) -> None:
    """Files that were read do not count: nobody is ended for a full cache."""
    inside.shell(own_sandbox, "head -c 1500M /dev/zero > /home/daytona/large; cat /home/daytona/large > /dev/null; rm /home/daytona/large")
    free = own_sandbox.memory * 1024 - 300
    assert inside.shell(own_sandbox, f"python3 -c 'x = bytearray(b\"x\") * ({free} << 20); print(len(x) >> 20)'") == f"{free}\n"


def test_a_signal_is_no_lack_of_memory(own_sandbox) -> None:
    ended = run(own_sandbox, "kill -9 $$")
    assert (ended["exitCode"], ended["reason"], ended["signal"]) == (-1, "signal", 9)
    assert "reason" not in run(own_sandbox, "exit 3")
