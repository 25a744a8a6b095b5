"""Where the time of a sandbox's start went, as the server's log has it."""

import json


def phases(log, offset=0):
    """Seconds for each start that the log tells of from the offset on, by the phase's name."""
    found = {}
    with open(log, encoding="utf-8", errors="replace") as lines:
        lines.seek(offset)
        for line in lines:
            if '"sandbox started"' not in line:
                continue
            for pair in json.loads(line).get("kvpList", []):
                for name, value in pair.items():
                    if name.endswith("Micros"):
                        found.setdefault(name.removesuffix("Micros"), []).append(float(value) / 1_000_000)
    return found
