"""What the tests against a running server share."""

import uuid


def unique(purpose: str) -> str:
    """A name that no other test and no earlier run has used."""
    return f"{purpose}-{uuid.uuid4().hex[:12]}"
