"""The admin key is sent to this installation's server alone, whoever else holds its port."""

import os
import pwd
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import wire
from support.installation import REPOSITORY, stat

KEY = "the-key-that-nobody-else-may-see"


class Listener:
    """Somebody on the port: takes what is sent, and says that all is well."""

    def __init__(self, address: str) -> None:
        self.received = b""
        self._socket = socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(20)
            try:
                self.received += connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            except OSError:
                pass
            connection.close()

    def close(self) -> None:
        self._socket.close()

    def was_sent(self) -> bytes:
        """All that others have sent: connections are served in their order, and one of our own is now the last."""
        with socket.create_connection(self._socket.getsockname()[:2], timeout=20) as own:
            own.sendall(b"ours")
            assert own.recv(100)
        return self.received.removesuffix(b"ours")


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[Listener]:
    found = Listener(request.param)
    yield found
    found.close()


def home(folder: Path, process: int) -> Path:
    (folder / "run").mkdir()
    (folder / "run/server.pid").write_text(f"{process} {stat(process)[19]}\n")
    return folder


def ask(folder: Path, listener: Listener, scheme: str = "http") -> subprocess.CompletedProcess:
    host = "[::1]" if listener._socket.family == socket.AF_INET6 else "127.0.0.1"
    words = [sys.executable, REPOSITORY / "tools/own_server.py", folder, f"{scheme}://{host}:{listener.port}/api"]
    return subprocess.run(words, input=KEY, capture_output=True, text=True, timeout=30, check=False)


def test_the_key_is_not_sent_to_another_program_on_the_port(listener: Listener, tmp_path: Path, installation) -> None:
    done = ask(home(tmp_path, installation.process("server")), listener)
    assert done.returncode == 1 and "held by another program" in done.stderr
    assert listener.was_sent() == b""


def test_nothing_is_said_over_tls_either(listener: Listener, tmp_path: Path, installation) -> None:
    assert ask(home(tmp_path, installation.process("server")), listener, "https").returncode == 1
    assert listener.was_sent() == b""


def test_the_process_that_was_written_down_is_sent_it(listener: Listener, tmp_path: Path) -> None:
    done = ask(home(tmp_path, os.getpid()), listener)
    assert done.returncode == 0, done.stderr
    assert KEY.encode() in listener.received and b"GET /api/health/ready " in listener.received


def test_a_later_process_with_the_servers_number_is_not_the_server(listener: Listener, tmp_path: Path) -> None:
    folder = home(tmp_path, os.getpid())
    (folder / "run/server.pid").write_text(f"{os.getpid()} 1\n")
    assert ask(folder, listener).returncode == 1
    assert listener.was_sent() == b""


def test_the_server_itself_is_recognised(installation) -> None:
    words = [sys.executable, REPOSITORY / "tools/own_server.py", installation.home, wire.API]
    done = subprocess.run(words, input=wire.KEY, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


def test_a_link_in_the_servers_folder_leads_root_nowhere(tmp_path: Path) -> None:
    """The server's user could put it there, and would be sent what it leads to as if it were the key."""
    tmp_path.chmod(0o755)
    (tmp_path / "secrets").mkdir()
    os.chown(tmp_path / "secrets", pwd.getpwnam("sandlot").pw_uid, -1)
    secret = tmp_path / "of-root"
    secret.write_text(KEY)
    secret.chmod(0o600)
    (tmp_path / "secrets/admin.key").symlink_to(secret)
    for folder in tmp_path.parents:
        folder.chmod(folder.stat().st_mode | 0o011)
    commands = "for l in common toolchains engine programs instance; do source tools/lib/$l.sh; done; admin_key"
    words = ["bash", "-c", f"source tools/versions.sh; {commands}"]
    environment = os.environ | {"SANDLOT_HOME": str(tmp_path)}
    done = subprocess.run(words, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert KEY not in done.stdout + done.stderr and "Permission denied" in done.stderr


def test_locks_of_the_scripts_are_closed_to_others() -> None:
    cache = Path(os.environ.get("SANDLOT_CACHE", "/var/cache/sandlot"))
    locks = [*cache.glob(".setup.lock"), *cache.glob(".test*.lock")]
    assert locks
    for lock in locks:
        assert lock.stat().st_mode & 0o077 == 0, lock
