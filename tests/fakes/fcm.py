"""Google's token endpoint and FCM's HTTP v1, as far as waking a phone needs them, over real HTTP on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


class FakeFcm:
    """`pushed`: the messages taken; `unknown`: tokens that aren't registered; `status`: what every push is answered, if not 200."""

    def __init__(self, folder: Path) -> None:
        self.pushed: list[dict[str, Any]] = []
        self.unknown: set[str] = set()
        self.status = 200
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = fake._answer(self.path, self.headers.get("authorization", ""), body)
                said = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.service_account = folder / "service-account.json"
        self.service_account.write_text(json.dumps(self._account()))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, authorization: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if path == "/token":
            return 200, {"access_token": "access", "expires_in": 3600, "token_type": "Bearer"}
        if authorization != "Bearer access" or path != "/v1/projects/evenkeel-tests/messages:send":
            return 401, {"error": {"status": "UNAUTHENTICATED", "message": "No."}}
        message = json.loads(body)["message"]
        if self.status != 200:
            return self.status, {"error": {"status": "INTERNAL", "message": "Not today."}}
        if message["token"] in self.unknown:
            return 404, {"error": {"status": "NOT_FOUND", "message": "Requested entity was not found."}}
        self.pushed.append(message)
        return 200, {"name": "projects/evenkeel-tests/messages/1"}

    def _account(self) -> dict[str, str]:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "evenkeel-tests",
            "private_key_id": "1",
            "private_key": pem.decode(),
            "client_email": "tests@evenkeel-tests.example.com",
            "token_uri": f"{self.url}/token",
        }
