"""What the shop says to its database, taken from the server's general log, for a bare client to say again.

The form of the file: `P text` is a statement that is prepared once; `T` begins a transaction, whose last
line is its COMMIT, and `U` a statement that stands alone; `X number values…`
runs a prepared one (`n` nothing, `i…` an integer, `s…` a text), `Q text` one as it stands. Parts are divided by tabs.
"""
import re

ENTRY = re.compile(r"^(?:\d{6}\s+[\d:]+|\t)?\s*(\d+)\s(Connect|Query|Prepare|Execute|Close stmt|Quit|Reset stmt|Init DB|Ping|Change user|Reset connection)\t?(.*)$")


def entries(path):
    """(connection, command, text) of a general log, in its order; texts may have several lines."""
    current = None
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = ENTRY.match(line.rstrip("\n"))
            if match:
                if current:
                    yield tuple(current)
                current = [int(match.group(1)), match.group(2), match.group(3)]
            elif current:
                current[2] += "\n" + line.rstrip("\n")
    if current:
        yield tuple(current)


LITERAL = r"(NULL|-?\d+(?:\.\d+)?|'(?:[^'\\]|\\.|'')*')"


def escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def value(literal):
    if literal == "NULL":
        return "n"
    if literal.startswith("'"):
        plain = re.sub(r"\\(.)|''", lambda m: {"n": "\n", "t": "\t", "0": "\0", "r": "\r", "Z": "\x1a"}.get(m.group(1), m.group(1) or "'"), literal[1:-1])
        return "s" + escaped(plain)
    return "i" + literal if "." not in literal else "s" + literal


class Recorder:
    """All that was said behind the mark, in units: a transaction, or a statement that stands alone.

    Units are in the order of their beginnings. Whatever connection prepared a statement, its text is known for all. Where
    the server has logged a statement without its values (some of those that look for work), it is left out.
    """

    def __init__(self):
        self.texts, self.patterns, self.units, self.statements, self.left_out = [], [], [], 0, 0

    def prepare(self, template):
        if template in self.texts:
            return
        parts = template.split("?")
        pattern = LITERAL.join(re.escape(part) for part in parts) + r"\s*$"
        self.patterns.append((parts[0], len(self.texts), re.compile(pattern, re.S)))
        self.texts.append(template)

    def read(self, path, mark):
        is_open, counts, begun = {}, set(), False
        for connection, command, text in entries(path):
            if command == "Prepare":
                self.prepare(text)
            elif command in ("Query", "Execute"):
                begun = begun or mark in text
                word = text.strip().upper()
                if word.startswith("SET AUTOCOMMIT"):
                    (counts.add if word.endswith("0") else counts.discard)(connection)
                    continue
                if not begun or mark in text or "general_log" in text:
                    continue
                unit = is_open.get(connection)
                if unit is None:
                    unit = is_open[connection] = []
                    self.units.append(unit)
                line = self.line(command, text)
                if line:
                    unit.append(line)
                in_transaction = connection in counts and not word.startswith(("COMMIT", "ROLLBACK"))
                if not in_transaction:
                    del is_open[connection]
        return self

    def line(self, command, text):
        self.statements += 1
        if command == "Execute":
            for beginning, number, pattern in self.patterns:
                match = pattern.match(text) if text.startswith(beginning) else None
                if match:
                    return "\t".join(["X", str(number), *map(value, match.groups())])
            self.left_out += 1
            return None
        return "Q\t" + escaped(text)

    def write(self, path):
        """Transactions that were rolled back, or had not ended, are left out: the server would undo them, too."""
        with open(path, "w", encoding="utf-8") as file:
            for text in self.texts:
                file.write("P\t" + escaped(text) + "\n")
            for unit in self.units:
                if unit and (len(unit) == 1 or unit[-1] == "Q\tCOMMIT") and not unit[0].startswith(("Q\tROLLBACK", "Q\tCOMMIT")):
                    file.write(("T" if unit[-1] == "Q\tCOMMIT" else "U") + "\n" + "\n".join(unit) + "\n")
