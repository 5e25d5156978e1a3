"""A receiver of traces: an HTTP server that reads OTLP as OpenTelemetry's own definitions say."""
import collections
import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2


def _plain(value):
    return getattr(value, value.WhichOneof("value"))


class Span:
    def __init__(self, resource, span):
        self.resource = {each.key: _plain(each.value) for each in resource.attributes}
        self.name = span.name
        self.kind = span.kind   # 1 internal, 2 server, 3 client, 4 producer, 5 consumer
        self.trace, self.id, self.above = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
        self.state = span.trace_state
        self.attributes = {each.key: _plain(each.value) for each in span.attributes}
        self.failed = span.status.code == 2
        self.begun, self.ended = span.start_time_unix_nano, span.end_time_unix_nano

    def __repr__(self):
        return f"{self.name} {self.id} below {self.above or 'nothing'} {self.attributes}"


class Collector:
    """Keeps the newest `keep` spans that it gets (None: all). `delay` makes it slow, `status` makes it refuse.

    `GET /traces` shows the newest traces as text, the latest first; `GET /traces/<id>` one of them.
    """

    def __init__(self, port=0, keep=None):
        self.spans, self.delay, self.status = collections.deque(maxlen=keep), 0, 200
        self.received = 0
        self.lock = threading.Lock()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                time.sleep(collector.delay)
                if collector.status == 200:
                    collector.take(self.path, self.headers["Content-Type"], body)
                self.answer(collector.status, "")

            def do_GET(self):
                text = collector.text(self.path)
                self.answer(404 if text is None else 200, text or "")

            def answer(self, status, text):
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, kind, body):
        assert path == "/v1/traces" and kind == "application/x-protobuf", (path, kind)
        request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
        with self.lock:
            for each in request.resource_spans:
                for scope in each.scope_spans:
                    self.spans.extend(Span(each.resource, span) for span in scope.spans)
                    self.received += len(scope.spans)

    def of_trace(self, trace):
        with self.lock:
            return [span for span in self.spans if span.trace == trace]

    def text(self, path):
        """What is shown at `path`, None where nothing is."""
        if path.startswith("/traces/"):
            spans = sorted(self.of_trace(path.removeprefix("/traces/")), key=lambda span: span.begun)
            return "".join(f"{(span.begun - spans[0].begun) / 1e6:9.1f} ms {(span.ended - span.begun) / 1e6:9.1f} ms  "
                           f"{span.resource.get('service.instance.id', span.resource.get('k8s.pod.name', '-'))}  {span.name}"
                           f"{'  FAILED' if span.failed else ''}\n" for span in spans) or None
        if path not in ("/", "/traces"):
            return None
        with self.lock:
            roots = [span for span in self.spans if not span.above][-200:]
        return "".join(f"{span.trace}  {(span.ended - span.begun) / 1e6:9.1f} ms  {span.name}{'  FAILED' if span.failed else ''}\n"
                       for span in reversed(roots))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
