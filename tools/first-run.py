#!/usr/bin/env python3
"""Creates a sandbox through the API, runs Python in it, prints what it said, and deletes it.

DAYTONA_API_URL and DAYTONA_API_KEY say where, as for any client, and SANDLOT_HOME whose server it must be. Only the standard
library is needed.
"""

import json
import os
import sys
import time
import urllib.parse
from pathlib import Path

from own_server import Connection, process_of

PROGRAM = """
import platform, sys
print(f"Hello from Python {sys.version.split()[0]} on {platform.machine()}.")
print("The first squares:", *[n * n for n in range(1, 11)])
"""

API = os.environ["DAYTONA_API_URL"]
KEY = os.environ["DAYTONA_API_KEY"]
HOME = Path(os.environ["SANDLOT_HOME"])


def call(method: str, url: str, body: dict | None = None) -> dict:
    """One request; an answer that is no success ends the program with the server's own sentence."""
    connection = Connection(url, process_of(HOME), 120)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    connection.request(method, urllib.parse.urlsplit(url).path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    if response.status >= 400:
        sys.exit(f"{method} {url} answered {response.status}: {text.decode(errors='replace')}")
    return json.loads(text) if text.strip() else {}


def wait_until_started(sandbox: dict) -> dict:
    deadline = time.monotonic() + 60
    while sandbox["state"] != "started":
        if sandbox["state"] in ("error", "build_failed") or time.monotonic() > deadline:
            sys.exit(f"The sandbox is {sandbox['state']}: {sandbox.get('errorReason') or 'it took longer than 60 s'}")
        time.sleep(0.1)
        sandbox = call("GET", f"{API}/sandbox/{sandbox['id']}")
    return sandbox


def main() -> None:
    began = time.monotonic()
    sandbox = call("POST", f"{API}/sandbox", {"labels": {"made-by": "dev-up"}})
    try:
        sandbox = wait_until_started(sandbox)
        toolbox = f"{sandbox['toolboxProxyUrl'].rstrip('/')}/{sandbox['id']}"
        answer = call("POST", f"{toolbox}/process/code-run", {"code": PROGRAM, "language": "python"})
        took = time.monotonic() - began
        kernel = call("POST", f"{toolbox}/process/execute", {"command": "uname -a"})
    finally:
        call("DELETE", f"{API}/sandbox/{sandbox['id']}")
    print(answer["result"].rstrip())
    print("It runs on:", kernel["result"].strip())
    print(f"From the request for a sandbox to Python's answer: {took * 1000:.0f} ms.")
    if answer["exitCode"] != 0 or "1 4 9 16 25 36 49 64 81 100" not in answer["result"]:
        sys.exit("That is not what the program prints.")


if __name__ == "__main__":
    main()
