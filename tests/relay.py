"""A process that stands on the way to a port, to be killed, frozen or slow, as a line to somebody else's server may be.

    python3 -m tests.relay PORT TARGET DELAY_S
"""
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from contextlib import suppress

from tests.mariadb import free_port


class Way(socketserver.BaseRequestHandler):
    def handle(self):
        time.sleep(self.server.delay_s)
        with socket.create_connection(("127.0.0.1", self.server.target)) as far:
            answers = threading.Thread(target=self.pump, args=(far, self.request))
            answers.start()
            self.pump(self.request, far)
            answers.join()

    @staticmethod
    def pump(source, sink):
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


class Relay:
    """The process, always at the same port. A context manager."""

    def __init__(self):
        self.port, self.process = free_port(), None

    def __enter__(self):
        return self

    def start(self, target, delay_s=0):
        self.stop()
        self.process = subprocess.Popen([sys.executable, "-m", "tests.relay", str(self.port), str(target), str(delay_s)])
        limit = time.monotonic() + 60
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            assert time.monotonic() < limit, "the relay does not start"
            time.sleep(0.02)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def __exit__(self, *unused):
        self.stop()


if __name__ == "__main__":
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads, request_queue_size = True, True, 128
        target, delay_s = int(sys.argv[2]), float(sys.argv[3])

    Server(("127.0.0.1", int(sys.argv[1])), Way).serve_forever()
