"""Previews of what listens in a sandbox, by link and token and by signed URL; and the snapshots there are."""

import urllib.error
import urllib.request

import pytest
from conftest import unique
from daytona import Daytona, DaytonaNotFoundError, Sandbox
from support.waiting import eventually


@pytest.fixture(scope="module")
def page(sandbox: Sandbox) -> Sandbox:
    """The shared sandbox with a web server on port 8000."""
    sandbox.fs.upload_file(b"a page from inside", "site/index.html")
    sandbox.process.exec("cd site && nohup python3 -m http.server 8000 --bind 127.0.0.1 >/dev/null 2>&1 &")
    look = "curl --silent --fail --output /dev/null http://127.0.0.1:8000/"
    eventually("the server listens", lambda: sandbox.process.exec(look).exit_code == 0)
    return sandbox


def fetch(url: str, **headers: str) -> bytes:
    """What a URL answers; its host name need not be known to this machine."""
    host = url.split("/")[2]
    address = url.replace(host, f"127.0.0.1:{host.rsplit(':', 1)[1]}", 1)
    request = urllib.request.Request(address, headers={"Host": host} | headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


def test_a_preview_opens_with_its_token(page: Sandbox) -> None:
    link = page.get_preview_link(8000)
    assert fetch(link.url, **{"X-Daytona-Preview-Token": link.token}) == b"a page from inside"
    with pytest.raises(urllib.error.HTTPError):
        fetch(link.url, **{"X-Daytona-Preview-Token": "x" * len(link.token)})


def test_a_signed_preview_opens_until_it_is_ended(page: Sandbox) -> None:
    link = page.create_signed_preview_url(8000, expires_in_seconds=60)
    assert fetch(link.url) == b"a page from inside"
    page.expire_signed_preview_url(8000, link.token)
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(link.url)
    assert refused.value.code == 401


def test_snapshots_are_listed_and_found(daytona: Daytona) -> None:
    listed = daytona.snapshot.list()
    assert listed.total >= 1
    assert "sandlot/default" in [each.name for each in listed.items]
    assert daytona.snapshot.get("sandlot/default").state == "active"
    with pytest.raises(DaytonaNotFoundError):
        daytona.snapshot.get(unique("none"))
