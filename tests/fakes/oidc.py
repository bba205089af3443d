"""An OpenID Connect provider on a port of its own, as strict as a real one with its clients."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "runsous", "known to both alone"


class Provider:
    """Whoever comes is ``person``: the claims of their identity, over the usual ones.

    ``visits`` counts who came to sign in.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.client_comes_from = ""
        self.person: dict[str, Any] = {}
        self.visits = 0
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self._asked: dict[str, dict[str, str]] = {}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes back to, with a code."""
        _demand(asked["client_id"] == CLIENT, "a client known here")
        _demand(asked["redirect_uri"] == self.client_comes_from, "the registered way back")
        _demand(asked["response_type"] == "code", "the code flow")
        _demand({"openid", "email"} <= set(asked["scope"].split()), "the e-mail")
        _demand(asked["code_challenge_method"] == "S256", "PKCE")
        _demand(bool(asked["state"] and asked["nonce"]), "what ties it to this browser")
        self.visits += 1
        code = secrets.token_urlsafe()
        self._asked[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, given: dict[str, str], authorization: str) -> dict[str, Any]:
        """The identity of who got the code, once."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        _demand(authorization == f"Basic {basic}", "the client's secret")
        asked = self._asked.pop(given["code"])
        proof = hashlib.sha256(given["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        _demand(challenge == asked["code_challenge"], "the one who asked")
        _demand(given["redirect_uri"] == asked["redirect_uri"], "the same way back")
        now = int(time.time())
        usual = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 3600}
        claims = {**usual, "nonce": asked["nonce"], **self.person}
        return {
            "id_token": jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key),
            "access_token": secrets.token_urlsafe(),
            "token_type": "Bearer",
            "expires_in": 3600,
        }


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            if place.path == "/authorize":
                onward = here.authorize(dict(parse_qsl(place.query)))
                self.send_response(302)
                self.send_header("Location", onward)
                self.end_headers()
            elif place.path == "/jwks":
                self._answer(here.jwks())
            elif place.path == "/.well-known/openid-configuration":
                self._answer(here.metadata())
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(here.token(dict(parse_qsl(body)), self.headers["Authorization"]))

        def _answer(self, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Provider(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield here
        server.shutdown()


def _demand(is_so: bool, what: str) -> None:
    if not is_so:
        raise ValueError(f"The client lacks {what}.")
