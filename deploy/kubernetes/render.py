#!/usr/bin/env python3
"""Renders deploy/kubernetes from its templates and templates/numbers.yaml.

    render.py                                    write all files anew
    render.py --check                            exit 1 where a committed file is not what would be written
    render.py --image REGISTRY/NAME:TAG@sha256:… put this image into numbers.yaml first

A template is YAML with `{{ path.of.number }}` in it. A line `{{> part.yaml key=value }}` stands for templates/parts/part.yaml,
indented as the line is, with the keys beside the numbers (`~` is a blank, `@` names a number). templates/x/y.yaml becomes x/y.yaml.
"""
import argparse
import re
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
import dashboards  # noqa: E402 — beside this file

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"
HEADER = "# Rendered by render.py from templates/{name}; numbers stand in templates/numbers.yaml.\n"
INCLUDE = re.compile(r"^( *)(- )?\{\{> *([\w./-]+)((?: +[\w]+=[^ }]*)*) *\}\}$")
VALUE = re.compile(r"\{\{ *([\w.]+) *\}\}")
IMAGE = re.compile(r"^(?P<name>[a-z0-9.:/_-]+?)(?::(?P<tag>[\w.-]+))?@(?P<digest>sha256:[0-9a-f]{64})$")
# The guide's files, in the order in which they are applied; apply-all.yaml is all of them.
ALL = ("configmap.yaml", "secrets.yaml", "service.yaml", "deployment.yaml", "hpa.yaml", "ingress.yaml")


class Renderer:
    def __init__(self, numbers, templates=TEMPLATES):
        self.numbers, self.templates = numbers, templates

    def look_up(self, path, extra):
        if path in extra:   # a key of an include; @ names a number
            return self.look_up(extra[path][1:], {}) if extra[path].startswith("@") else extra[path]
        value = self.numbers
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                raise SystemExit(f"render: numbers.yaml has no {path}")
            value = value[key]
        if isinstance(value, (dict, list)):
            raise SystemExit(f"render: {path} is not one value")
        return str(value)

    def text(self, name, extra=None):
        """The template with numbers and parts in their places."""
        lines = []
        for line in (self.templates / name).read_text().splitlines():
            include = INCLUDE.match(line)
            if include:
                indent, dash, part, words = include.groups()
                given = dict(word.split("=", 1) for word in words.split())
                keys = {**(extra or {}), **{key: value.replace("~", " ") for key, value in given.items()}}
                body = self.text(f"parts/{part}", keys).splitlines()
                first = indent + (dash or "")
                rest = indent + " " * len(dash or "")
                lines += [((first if i == 0 else rest) + text) if text else "" for i, text in enumerate(body)]
            elif "{{>" in line:
                raise SystemExit(f"render: {name}: this line is no include: {line.strip()}")
            else:
                # {{`name`}} is a template of somebody else: it stays, without the quotes.
                lines.append(VALUE.sub(lambda match: self.look_up(match[1], extra or {}), line).replace("{{`", "{{").replace("`}}", "}}"))
        return "\n".join(line for line in lines if line is not None) + "\n"

    def files(self):
        """Path below deploy/kubernetes -> its text, of all that is rendered."""
        made = {}
        for path in sorted(self.templates.rglob("*")):
            name = path.relative_to(self.templates).as_posix()
            if path.is_dir() or name.startswith("parts/") or name == "numbers.yaml":
                continue
            header = "" if path.suffix == ".json" else HEADER.format(name=name)
            made[name] = header + self.text(name)
        made["apply-all.yaml"] = ("# Rendered by render.py: " + ", ".join(ALL) + ".\n"
                                  + "---\n".join(made[name].split("\n", 1)[1] for name in ALL))
        for part, name in (("settings", "settings"), ("settings-runtime", "runtime")):
            values = yaml.safe_load(self.text(f"parts/{part}.yaml"))
            made[f"components/hashed-config/{name}.env"] = "".join(f"{key}={value}\n" for key, value in values.items())
        made.update(dashboards.files())
        for name in ALL:
            folder = {"configmap.yaml": "config", "ingress.yaml": "edge/ingress-nginx"}.get(name, "base")
            made[f"{folder}/{name}"] = made[name]
        return made


def with_image(text, reference):
    """numbers.yaml with another image; comments and order stay."""
    found = IMAGE.match(reference)
    if not found:
        raise SystemExit(f"render: {reference!r} is not NAME[:TAG]@sha256:DIGEST; a tag alone may change under a running shop")
    text = re.sub(r"(?m)^(  name: )\S+", rf"\g<1>{found['name']}", text, count=1)
    text = re.sub(r"(?m)^(  digest: )\S+", rf"\g<1>{found['digest']}", text, count=1)
    if found["tag"]:
        text = re.sub(r"(?m)^(  version: )\S+", rf"\g<1>{found['tag']}", text, count=1)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is stale")
    parser.add_argument("--image", metavar="REF", help="NAME[:TAG]@sha256:DIGEST that clusters are to run")
    arguments = parser.parse_args()
    source = TEMPLATES / "numbers.yaml"
    if arguments.image:
        source.write_text(with_image(source.read_text(), arguments.image))
    files = Renderer(yaml.safe_load(source.read_text())).files()
    stale = [name for name, text in files.items() if not (HERE / name).is_file() or (HERE / name).read_text() != text]
    if arguments.check:
        for name in stale:
            print(f"render: {name} is not what its template says; run deploy/kubernetes/render.py", file=sys.stderr)
        raise SystemExit(1 if stale else 0)
    for name in stale:
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_text(files[name])
        print(f"render: {name}")


if __name__ == "__main__":
    main()
