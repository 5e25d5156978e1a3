#!/usr/bin/env python3
"""The house rules as a test: one line per finding, exit 1 when there is any.

    tools/tidy.py              look at the tree
    tools/tidy.py --fix-maps   write docs/modules.md anew from the CMakeLists and READMEs

Every rule is proven to bite by tests/tools/test_tidy.py.
"""
import argparse
import json
import re
import sys
from pathlib import Path

from tidy_cpp import Source, functions, lambdas

FILE_LINES, FUNCTION_LINES, COLUMNS = 400, 60, 120
RATCHET = "tools/tidy_ratchet.json"   # {"src/a.cpp:file-size": 450}: may shrink, not grow
MAP = "docs/modules.md"


class Module:
    def __init__(self, folder, name, lists):
        self.folder, self.name, self.uses, self.headers, self.sources = folder, name, [], [], []
        for keyword, words in re.findall(r"\b(SOURCES|HEADERS|TESTS|USES)\b((?:\s+(?!SOURCES|HEADERS|TESTS|USES|LINKS)\S+)*)", lists):
            {"USES": self.uses, "HEADERS": self.headers}.get(keyword, self.sources).extend(words.split())


class Tree:
    def __init__(self, root):
        self.root, self.findings, self.modules, self.listed = root, [], {}, set()
        files = sorted(path for top in ("src", "tests", "bench", "simulation") if (root / top).is_dir() for path in (root / top).rglob("*"))
        self.sources = [Source(root, path) for path in files if path.suffix in (".cpp", ".hpp")]
        for path in [p for p in files if p.name == "CMakeLists.txt"]:
            text = re.sub(r"#.*", "", path.read_text())
            self.listed |= {(path.parent / word).resolve() for word in re.findall(r"[\w./-]+\.[ch]pp\b", text)}
            for name, lists in re.findall(r"\bcaddy_module\(\s*(\w+)([^)]*)\)", text):
                self.modules[name] = Module(path.parent, name, lists)
        ratchet = root / RATCHET
        self.ratchet = json.loads(ratchet.read_text()) if ratchet.is_file() else {}

    def tell(self, where, line, rule, advice):
        rel = where if isinstance(where, str) else where.relative_to(self.root).as_posix()
        self.findings.append((rel, line, rule, advice))

    def modules_of(self, path):
        for folder in path.parents:
            found = [module for module in self.modules.values() if module.folder == folder]
            if found or folder == self.root:
                return found
        return []


def check_edges(tree):
    rooms = {"core": {"core"}, "platform": {"core", "platform"}, "shop": {"core", "platform", "shop"}}
    for source in tree.sources:
        for line, name in source.includes:
            room = name.split("/")[0]
            if name.startswith("../"):
                tree.tell(source.rel, line, "relative-include", "include from src/ on, like \"core/result.hpp\"")
            if room == "tests" and not source.is_test:
                tree.tell(source.rel, line, "edge", "only tests include what belongs to tests")
            if room not in ("core", "platform", "shop", "app") or not source.room:
                continue
            parts = name.split("/")
            if source.room in rooms and room not in rooms[source.room]:
                tree.tell(source.rel, line, "room", f"{source.room}/ may not know {room}/; turn the dependency round")
            own, theirs = tree.modules_of(source.path), tree.modules_of(tree.root / "src" / name)
            doors = {f"{parts[1]}.hpp"} | {header for module in theirs if source.room == "app" for header in module.headers}
            if room == "shop" and len(parts) > 2 and parts[1] != source.feature and parts[2] not in doors:
                tree.tell(source.rel, line, "private-header", f"include only shop/{parts[1]}/{parts[1]}.hpp of another feature")
            allowed = {use for module in own for use in module.uses} | {module.name for module in own}
            if own and theirs and not allowed & {module.name for module in theirs}:
                tree.tell(source.rel, line, "edge", f"add {theirs[0].name} to the USES of {own[0].name}, or do without it")
    visited, trail = set(), []

    def walk(name):
        if name in trail:
            cycle = " -> ".join(trail[trail.index(name):] + [name])
            tree.tell(tree.modules[name].folder / "CMakeLists.txt", 1, "cycle", f"break the cycle {cycle}")
        elif name not in visited:
            visited.add(name)
            trail.append(name)
            for use in tree.modules[name].uses:
                if use in tree.modules:
                    walk(use)
                else:
                    tree.tell(tree.modules[name].folder / "CMakeLists.txt", 1, "unknown-module", f"there is no module {use} to use")
            trail.pop()
    for name in tree.modules:
        walk(name)


def check_sizes(tree):
    used = set()

    def limit(source, rule, number, most, line, advice):
        key = f"{source.rel}:{rule}"
        used.update({key} if number > most else ())
        if number > max(most, tree.ratchet.get(key, 0)):
            tree.tell(source.rel, line, rule, f"{number} of at most {most}; {advice}")
    for source in tree.sources:
        lines = source.raw.splitlines()
        limit(source, "file-size", len(lines), FILE_LINES, 1, "split it by use case, not by layer")
        for number, line in enumerate(lines, 1):
            limit(source, "columns", len(line), COLUMNS, number, "break the line")
        for first, last in functions(source):
            limit(source, "function-size", last - first + 1, FUNCTION_LINES, first, "give a part of it a name")
    for key in sorted(set(tree.ratchet) - used):
        tree.tell(RATCHET, 1, "ratchet", f"{key} is within the limit now; delete the entry")


SHOP = re.compile(r"src/shop/")
BANS = [   # pattern, where it is banned, where not, rule, what to do; "raw" looks at comments, "told" at literals, too
    (r"\bdetached\b", r"src/", None, "detached", "spawn it into a TaskGroup, so that somebody waits for its end"),
    (r"\bco_spawn\s*\(", r"src/", r"src/(platform|app)/|_test\.cpp", "co_spawn", "return a Task; only platform/ and app/ spawn"),
    (r"\b(secure_)?getenv\s*\(", r"src/", r"src/(platform/config|app)/", "getenv", "declare a setting and bind it in platform/config"),
    (r"\bstd::(cout|cerr|clog)\b|\b[fv]?printf\s*\(|\bputs\s*\(", r"src/", r"src/app/|src/platform/telemetry/|src/core/assert\.hpp|_test\.cpp",
     "print", "write a log event by platform/telemetry/log.hpp"),
    (r"\b(float|double)\b", r"src/(shop|core)/", None, "float", "use Money, scale_minor or integers in named units"),
    (r"\busing\s+namespace\s+std\s*;", r"", None, "using-std", "write std:: in front of the name"),
    (r"(?<![.\w>])u?sleep\s*\(|\bnanosleep\s*\(|this_thread::sleep", r"src/", r"platform/db/sqlite_|_test\.cpp", "sleep", "wait by a timer of the event loop"),
    (r"\bstd::\w*mutex\b|\bstd::(scoped|unique|shared)_lock\b|\bstd::lock_guard\b", r"src/shop/", None, "mutex", "there is one loop per process; nothing in shop/ needs a lock"),
    (r"\bcatch\s*\(", r"src/shop/", r"_test\.cpp", "catch", "let faults pass: the edge catches them once; refusals are values"),
    (r"^[ \t]*#\s*include\s+<boost/(asio|beast|mysql)", r"src/shop/", r"_test\.cpp", "asio-in-shop", "include platform/runtime headers instead"),
    (r"\b(TODO|FIXME)\b|(?<!\")\bXXX\b(?!\")", r"", None, "raw:unfinished", "finish it, or write down why it is as it is"),
    (r'"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+TABLE\s)', r"src/",
     r"_store\w*\.cpp|src/platform/(db|jobs|idempotency)/|_test\.cpp", "told:sql", "move the statement into the feature's _store.cpp, with a name"),
]


def check_bans(tree):
    for source in tree.sources:
        for pattern, where, exempt, rule, advice in BANS:
            if not re.match(where, source.rel) or (exempt and re.search(exempt, source.rel)):
                continue
            view, _, name = rule.rpartition(":")
            for match in re.finditer(pattern, {"raw": source.raw, "told": source.told}.get(view, source.code), re.M):
                tree.tell(source.rel, source.line(match.start()), name, advice)
        if not source.is_test:
            check_lambdas(tree, source)


def check_lambdas(tree, source):
    code, found = source.code, list(lambdas(source.code))
    for at, captures, first, last in found:
        own = code[first:last]
        for _, _, inner_first, inner_last in found:
            if first < inner_first and inner_last < last:
                own = own[:inner_first - first] + " " * (inner_last - inner_first) + own[inner_last - first:]
        if not captures or not re.search(r"\bco_(await|return|yield)\b", own):
            continue
        depth, before = 0, at
        while before > 0 and depth < 1:   # back to the bracket that the lambda stands in
            before -= 1
            depth += {"(": 1, ")": -1, "{": 1, "}": -1}.get(code[before], 0)
        if code[before] != "(" or not re.search(r"\btransact\s*$", code[:before]):
            tree.tell(source.rel, source.line(at), "lambda-coroutine", "its captures die before it ends: make it a function with parameters "
                      "(only the direct argument of transact is kept alive)")


def check_dead_files(tree):
    included = {name for source in tree.sources for _, name in source.includes}
    for source in tree.sources:
        if source.path.suffix == ".cpp" and source.path.resolve() not in tree.listed:
            tree.tell(source.rel, 1, "dead-file", "list it in a CMakeLists.txt or delete it")
        name = source.rel.removeprefix("src/")
        if source.path.suffix == ".hpp" and name not in included and source.path.resolve() not in tree.listed:
            tree.tell(source.rel, 1, "dead-file", "nobody includes it: delete it, or name it under HEADERS")
    for folder in {module.folder for module in tree.modules.values() if SHOP.match(module.folder.relative_to(tree.root).as_posix() + "/")}:
        names = [path.name for path in folder.iterdir()]
        has_routes, has_fragment = (any(name.endswith(end) for name in names) for end in ("_http.cpp", "_api.yaml"))
        if "README.md" not in names:
            tree.tell(folder / "README.md", 1, "feature-folder", "say what the feature is for: tables, codes, events")
        if not any(name.endswith("_test.cpp") for name in names):
            tree.tell(folder, 1, "feature-folder", f"write {folder.name}_test.cpp")
        if has_routes != has_fragment:
            wanted = "describe its routes in" if has_routes else "it has no routes: delete"
            tree.tell(folder, 1, "feature-folder", f"{wanted} {folder.name}_api.yaml")
    halves = {}
    for path in sorted((tree.root / "migrations").glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_([a-z]+_[a-z0-9_]+)\.(mysql|sqlite)\.sql", path.name)
        if match:
            halves.setdefault(match[1], {}).setdefault(match[2], set()).add(match[3])
        else:
            tree.tell(path, 1, "migration", "name it NNNN_feature_what.{mysql,sqlite}.sql")
    for number, names in halves.items():
        for what in {name for name, engines in names.items() if len(engines) == 1}:
            tree.tell(f"migrations/{number}_{what}", 1, "migration", "write the other engine's half, too")
        if len(names) > 1:
            tree.tell(f"migrations/{number}", 1, "migration", f"two migrations have this number: {', '.join(sorted(names))}")


def codes_in(feature, text):
    return set(re.findall(rf"\b{feature}\.[a-z_]+\b(?!\()", text))


def check_codes(tree):
    for folder in {source.path.parent for source in tree.sources if source.feature}:
        feature, here = folder.name, [source for source in tree.sources if source.path.parent == folder and not source.is_test]
        fragment = "".join(path.read_text() for path in folder.glob("*_api.yaml"))
        lists = re.findall(r"x-codes:\s*\[([^\]]*)\]|x-codes:[ \t]*\n((?:\s+- .*\n)+)", fragment)
        told = codes_in(feature, " ".join(a + b for a, b in lists))
        readme = folder / "README.md"
        listed = told | codes_in(feature, readme.read_text() if readme.is_file() else "")
        used = {}
        for source in here:
            for match in re.finditer(rf'(?:ErrorKind::\w+\s*,|\bresult\(|\.code\s*=)\s*"({feature}\.[a-z_]+)"', source.told):
                used.setdefault(match[1], (source.rel, source.line(match.start(1))))
        refused = {}
        for source in (each for each in here if each.path.name == feature + ".hpp"):
            for match in re.finditer(r"Refuses:(?:(?!Effect:|Emits:|///\s*\n).)*?(?=\n\s*[^/\s]|///\s*\n|Effect:|Emits:|\Z)", source.raw, re.S):
                for code in codes_in(feature, match[0]):
                    refused.setdefault(code, (source.rel, source.line(match.start())))
        for code, (rel, line) in {**refused, **used}.items():
            if code not in listed:
                tree.tell(rel, line, "code", f"name {code} in the x-codes of {feature}_api.yaml or in the README")
        for code, (rel, line) in refused.items():
            if code not in used:
                tree.tell(rel, line, "code", f"nothing refuses with {code}: delete it from the comment")
        for code in sorted(told - set(used)):
            tree.tell(folder / f"{feature}_api.yaml", 1, "code", f"nothing refuses with {code}: delete it from x-codes")


def purpose(module):
    readme, cmake = module.folder / "README.md", (module.folder / "CMakeLists.txt").read_text()
    if readme.is_file():
        text = re.sub(r"^#.*\n+", "", readme.read_text()).split("\n\n")[0]
    else:
        comment = re.match(r"(?:#.*\n)+", cmake)
        text = re.sub(r"^# ?", "", comment[0], flags=re.M) if comment else ""
    return re.split(r"(?<=\.)\s", " ".join(text.split()) + " ")[0].strip().replace("|", "\\|")


def module_map(tree):
    modules = sorted(tree.modules.values(), key=lambda module: (module.folder.as_posix(), module.name))
    rows = [f"| `{m.name}` | `{m.folder.relative_to(tree.root).as_posix()}` | {purpose(m)} | {', '.join(m.uses)} |" for m in modules]
    edges = [f"    {m.name} --> {use}" for m in modules for use in m.uses if use.startswith("shop_") or not m.name.startswith("shop_")]
    return "\n".join(["# Modules", "", "Written by `tools/tidy.py --fix-maps`; a test keeps it true. A module may include its own headers and those of",
                      "the modules that it uses. The graph leaves out what the features use of the platform.", "",
                      "| module | folder | purpose | uses |", "|---|---|---|---|", *rows, "", "```mermaid", "graph TD", *edges, "```", ""])


def check_map(tree):
    path = tree.root / MAP
    if not path.is_file() or path.read_text() != module_map(tree):
        tree.tell(MAP, 1, "map", "run tools/tidy.py --fix-maps")
    for module in tree.modules.values():
        if not purpose(module):
            tree.tell(module.folder / "CMakeLists.txt", 1, "purpose", "begin it with a comment that says what the module is for")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the tree to look at")
    parser.add_argument("--fix-maps", action="store_true", help=f"write {MAP} instead of checking it")
    options = parser.parse_args(arguments)
    tree = Tree(options.root.resolve())
    if options.fix_maps:
        (tree.root / MAP).parent.mkdir(exist_ok=True)
        (tree.root / MAP).write_text(module_map(tree))
    for check in (check_edges, check_sizes, check_bans, check_dead_files, check_codes, check_map):
        check(tree)
    for rel, line, rule, advice in sorted(set(tree.findings)):
        print(f"{rel}:{line}: {rule}: {advice}")
    return 1 if tree.findings else 0


if __name__ == "__main__":
    sys.exit(main())
