"""Whoever receives the shop's webhooks: writes each delivery down, with whether its signature holds, and says thanks."""
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """A context manager. `secret` is set once the shop has told it; what comes before that is nobody's."""

    def __init__(self, history):
        self.secret, receiver = None, self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                event = json.loads(body)
                history.note("delivery", event=event["id"], aggregate=event["aggregate"], sequence=event["sequence"], type=event["type"],
                             genuine=receiver.is_genuine(self.headers, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *unused):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def is_genuine(self, headers, body):
        signed = headers["X-Caddy-Timestamp"].encode() + b"." + body
        expected = "v1=" + hmac.new((self.secret or "").encode(), signed, hashlib.sha256).hexdigest()
        return any(hmac.compare_digest(each.strip(), expected) for each in headers["X-Caddy-Signature"].split(","))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()
