"""What the simulated services read out of requests."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from starlette.requests import Request


def credentials(request: Request, kind: str) -> str:
    """What follows ``kind`` (Bearer, Token) in the Authorization header, or nothing."""
    given, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if given.lower() == kind.lower() else ""


def basic(request: Request) -> str:
    """The ``name:password`` of HTTP Basic, or nothing."""
    try:
        return base64.b64decode(credentials(request, "Basic")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def fields(request: Request) -> dict[str, Any]:
    """The fields of a form or of a JSON object."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            found = json.loads(await request.body())
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}
    return dict(await request.form())
