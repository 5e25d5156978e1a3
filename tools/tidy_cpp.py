"""Reads C++ well enough for tidy.py: comments, literals, includes, functions and lambdas; no types, no preprocessor."""
import bisect
import re

COMMENT_OR_TEXT = re.compile(
    r'(?P<raw>\bu?8?R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)")|(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)'
    r"""|(?P<text>"(?:\\.|[^"\\\n])*")|(?P<char>(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')""", re.S)


def blanked(text, kinds):
    """The text with comments and/or literals as blanks, every line and column where it was."""
    def blank(match):
        keep = match.lastgroup not in kinds and not (match["raw"] and "raw" in kinds)
        return match[0] if keep else re.sub(r"[^\n]", " ", match[0])
    return COMMENT_OR_TEXT.sub(blank, text)


class Source:
    def __init__(self, root, path):
        self.path, self.rel = path, path.relative_to(root).as_posix()
        self.raw = path.read_text(encoding="utf-8")
        self.code = blanked(self.raw, {"comment", "raw", "text", "char"})
        self.told = blanked(self.raw, {"comment"})   # code with its literals
        self.starts = [0] + [match.end() for match in re.finditer("\n", self.raw)]
        parts = self.rel.split("/")
        self.room = parts[1] if parts[0] == "src" and len(parts) > 2 else ""
        self.feature = parts[2] if self.room == "shop" and len(parts) > 3 else ""
        self.is_test = self.rel.endswith("_test.cpp") or parts[0] != "src"
        self.includes = [(self.line(m.start()), m[1]) for m in re.finditer(r'^[ \t]*#\s*include\s+[<"]([^>"]+)[>"]', self.told, re.M)]

    def line(self, offset):
        return bisect.bisect_right(self.starts, offset)


def functions(source):
    """(first line, last line) of each function body outside other functions; lambdas count to the function around them."""
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m[0]), source.code, flags=re.M)
    stack, start, parens = [], 0, 0
    for match in re.finditer(r"[{}();]", code):
        at, mark = match.start(), match[0]
        inside = any(kind in ("function", "value") for kind, _ in stack)
        if mark in "()":
            parens += 0 if inside else (1 if mark == "(" else -1)
        elif mark == "{":
            head = code[start:at]
            if inside or parens > 0:
                stack.append(("value", start))
            elif re.search(r"\bnamespace\b|\bextern\s*$", head) or (re.search(r"\b(class|struct|union|enum)\b", head) and ")" not in head):
                stack.append(("scope", start))
                start = at + 1
            else:
                stack.append(("function" if ")" in head else "value", start))
        elif mark == "}" and stack:
            kind, begun = stack.pop()
            follows = code[at + 1:].lstrip()[:1] if kind == "function" else ""
            if kind == "scope":
                start = at + 1
            elif kind == "function" and follows not in (",", "{"):   # else: a member's initialiser, the body comes later
                head_end = code.index("{", begun)
                gap = code.rfind("\n\n", begun, head_end)
                first = gap if gap > 0 else begun
                first += len(code[first:]) - len(code[first:].lstrip())
                yield source.line(first), source.line(at)
                start = at + 1
        elif mark == ";" and not inside and parens == 0:
            start = at + 1


def closing(code, at):
    """The offset of the bracket that closes the one at `at`."""
    depth, pairs = 0, {"(": ")", "{": "}"}
    for match in re.finditer(re.escape(code[at]) + "|" + re.escape(pairs[code[at]]), code[at:]):
        depth += 1 if match[0] == code[at] else -1
        if depth == 0:
            return at + match.start()
    return len(code)


def lambdas(code):
    """(offset, captures, body's first and last offset) of every lambda."""
    for match in re.finditer(r"(?<![\w\])\[])\s*\[([^\[\]]*)\]\s*(?:<[^<>]*>\s*)?(?=[({]|mutable|->)", code):
        at = match.end()
        if code[at] == "(":
            at = closing(code, at) + 1
        body = re.compile(r"[^;{}()]*\{").match(code, at)   # mutable, noexcept, -> Type
        if body:
            yield match.end(1), match[1].strip(), body.end() - 1, closing(code, body.end() - 1)
