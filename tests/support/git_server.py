"""A Git server over HTTP or HTTPS, for tests; runs inside a sandbox too, with nothing but Python, git and openssl.

    git_server.py FOLDER PORT [--tls good|self-signed] [--user NAME --password SECRET] [--moved-to URL]

Repositories are FOLDER/repositories/*.git, made with `--make NAME`. The first word of a path says how they are guarded:

    /open/x.git       anybody may read                /guarded/x.git   needs the user and password
    /refused/x.git    403 for everybody               /moved/x.git     a redirect to the other server's /guarded/x.git
    /endless/x.git    never answers                   /echo/x.git      repeats the credential in its error
    /slow/x.git       like guarded, after some seconds

Every request is a line of FOLDER/PORT.journal: method, path, and the Authorization header as it came. With TLS, a
certificate authority is made in FOLDER/ca.pem; `good` is signed by it, `self-signed` by nobody.
"""

import argparse
import base64
import json
import os
import ssl
import subprocess
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BACKEND_MAX_SECONDS = 60
SLOW_SECONDS = 3


class GitServer(BaseHTTPRequestHandler):
    """One request, passed on to `git http-backend` when it may be."""

    protocol_version = "HTTP/1.1"
    settings: argparse.Namespace

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        given = self.headers.get("Authorization", "")
        self.note(given)
        body = self.read_body()
        guard, _, rest = self.path.lstrip("/").partition("/")
        wanted = f"{self.settings.user}:{self.settings.password}"
        known = given == "Basic " + base64.b64encode(wanted.encode()).decode()
        if guard == "open":
            self.backend(rest, body, "")
        elif guard == "refused":
            self.refuse(403, "you may not do that")
        elif guard == "moved":
            self.redirect(f"{self.settings.moved_to}/guarded/{rest}")
        elif guard == "endless":
            time.sleep(600)
        elif guard == "echo" and given:
            self.refuse(500, f"you sent {given} and {wanted}")
        elif not known:
            self.refuse(401, "who are you?")
        else:
            if guard == "slow":
                time.sleep(SLOW_SECONDS)
            self.backend(rest, body, self.settings.user)

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def backend(self, rest: str, body: bytes, user: str) -> None:
        path, _, query = rest.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.settings.folder / "repositories"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": "/" + path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": self.client_address[0],
        }
        if user:
            environment["REMOTE_USER"] = user
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=environment,
            capture_output=True,
            timeout=BACKEND_MAX_SECONDS,
            check=False,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        self.finish_with(headers, content)

    def refuse(self, status: int, sentence: str) -> None:
        self.send_response(status)
        headers = {"WWW-Authenticate": 'Basic realm="git"'} if status == 401 else {}
        self.finish_with(headers | {"Content-Type": "text/plain"}, sentence.encode())

    def redirect(self, location: str) -> None:
        self.send_response(302)
        self.finish_with({"Location": location}, b"")

    def finish_with(self, headers: dict[str, str], content: bytes) -> None:
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def note(self, authorization: str) -> None:
        line = json.dumps({"method": self.command, "path": self.path, "authorization": authorization})
        with open(self.settings.folder / f"{self.settings.port}.journal", "a", encoding="utf-8") as journal:
            journal.write(line + "\n")

    def log_message(self, *_: object) -> None:
        """The journal says more."""


def make(folder: Path, name: str) -> None:
    """A repository with the branches main and other, two commits on main, and a tag v1 on the first."""
    repository = folder / "repositories" / f"{name}.git"
    work = folder / f"{name}-work"
    who = ["-c", "user.name=Maker", "-c", "user.email=maker@example.org"]
    repository.parent.mkdir(parents=True, exist_ok=True)
    _git("init", "--quiet", "--bare", "--initial-branch=main", str(repository))
    _git("init", "--quiet", "--initial-branch=main", str(work))
    (work / "README.md").write_text("first\n")
    _git("-C", str(work), "add", ".")
    _git("-C", str(work), *who, "commit", "--quiet", "--message=first")
    _git("-C", str(work), "tag", "v1")
    _git("-C", str(work), "checkout", "--quiet", "-b", "other")
    (work / "other.txt").write_text("other\n")
    _git("-C", str(work), "add", ".")
    _git("-C", str(work), *who, "commit", "--quiet", "--message=other")
    _git("-C", str(work), "checkout", "--quiet", "main")
    (work / "README.md").write_text("first\nsecond\n")
    _git("-C", str(work), *who, "commit", "--quiet", "--all", "--message=second")
    _git("-C", str(work), "push", "--quiet", str(repository), "main", "other", "v1")


def make_certificates(folder: Path) -> None:
    """An authority, a certificate of its own for localhost, and one that is signed by itself."""
    if (folder / "self-signed.pem").exists():
        return
    subject = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    _openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7", "-subj", "/CN=Test authority",
             "-keyout", "ca.key", "-out", "ca.pem")
    _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "good.key",
             "-out", "good.csr")
    (folder / "good.ext").write_text(subject + "\n")
    _openssl(folder, "x509", "-req", "-in", "good.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
             "-days", "7", "-extfile", "good.ext", "-out", "good.pem")
    _openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7", "-subj", "/CN=localhost",
             "-addext", subject, "-keyout", "self-signed.key", "-out", "self-signed.pem")


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def _git(*words: str) -> None:
    subprocess.run(["git", *words], check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int, nargs="?")
    parser.add_argument("--make")
    parser.add_argument("--tls", choices=["good", "self-signed"])
    parser.add_argument("--user", default="robot")
    parser.add_argument("--password", default="open sesame/+%")
    parser.add_argument("--moved-to", default="")
    settings = parser.parse_args()
    settings.folder.mkdir(parents=True, exist_ok=True)
    if settings.make:
        make(settings.folder, settings.make)
        return
    GitServer.settings = settings
    server = ThreadingHTTPServer(("127.0.0.1", settings.port), GitServer)
    if settings.tls:
        make_certificates(settings.folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.folder / f"{settings.tls}.pem", settings.folder / f"{settings.tls}.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
