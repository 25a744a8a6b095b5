"""Who keeps failing to authenticate is kept out for a while, at API and proxy together, and nobody else."""

import http.client
import os
import urllib.parse

from support import wire

_MANY = 300


def _ask(port: int, path: str, key: str, source: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_rate_of_failed_authentication_keeps_out_its_source_alone(sandbox) -> None:
    api = urllib.parse.urlsplit(wire.API).port
    proxy = int(os.environ["SANDLOT_PROXY_PORT"])
    toolbox = f"/toolbox/{sandbox.id}/work-dir"
    hostile, other = "127.0.0.66", "127.0.0.67"

    statuses = [_ask(api, "/api/sandbox", f"dtn_wrong{number}", hostile) for number in range(_MANY)]

    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert _ask(proxy, toolbox, "dtn_another-wrong-one", hostile) == 429
    # A key that is in use passes from everywhere; whoever else fails is told so.
    for source in (hostile, other):
        assert _ask(api, "/api/sandbox", wire.KEY, source) == 200
        assert _ask(proxy, toolbox, wire.KEY, source) == 200
    assert _ask(api, "/api/sandbox", "dtn_wrong", other) == 401
    assert _ask(proxy, toolbox, "dtn_wrong", other) == 401
