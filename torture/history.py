"""What clients asked and were told, and what was done to the fleet meanwhile: one list, in the order of time."""
import itertools
import json
import threading
import time


class History:
    """Events as dictionaries, each written to a file as one line of JSON when it happens."""

    def __init__(self, path):
        self.file, self.lock, self.numbers = open(path, "w", encoding="utf-8"), threading.Lock(), itertools.count(1)
        self.events = []

    def note(self, what, **more):
        event = {"at": time.monotonic(), "what": what, **more}
        with self.lock:
            self.events.append(event)
            self.file.write(json.dumps(event, ensure_ascii=False) + "\n")
            self.file.flush()
        return event

    def invoke(self, client, act, **more):
        """The number by which the answer refers to its request."""
        number = next(self.numbers)
        self.note("invoke", request=number, client=client, act=act, **more)
        return number

    def close(self):
        self.file.close()
