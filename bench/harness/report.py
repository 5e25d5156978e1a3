"""The results as a table, as charts and as a page."""
import html
import unicodedata
from pathlib import Path

from harness import machine

PAGE = machine.ROOT / "docs/benchmarks.md"
CHARTS = machine.ROOT / "docs/benchmarks"


def number(value):
    if value is None:
        return "–"
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 or value == int(value) else f"{value:.1f}" if size >= 100 else f"{value:.2f}" if size >= 1 else f"{value:.4f}"


def cells(figure):
    reference = f"{number(figure['reference'])} {figure['reference_text']}" if figure["reference"] is not None else figure["reference_text"] or "–"
    ratio = f"{figure['ratio']:.{2 if figure['ratio'] >= 0.095 else 4}f}" if figure["ratio"] is not None else "–"
    spread = f"±{figure['spread_percent'] / 2:.0f} %" if figure["spread_percent"] is not None else "–"
    return [figure["number"], figure["what"], f"{number(figure['value'])} {figure['unit']}", reference, ratio, figure["target_text"] or "–", spread, figure["verdict"]]


HEAD = ["#", "figure", "value", "reference", "ratio", "target", "spread", "verdict"]


def width(text):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def table(results):
    rows = [HEAD] + [cells(figure) for figure in results["figures"]]
    widths = [max(width(row[place]) for row in rows) for place in range(len(HEAD))]
    lines = ["  ".join(cell + " " * (widths[place] - width(cell)) for place, cell in enumerate(row)).rstrip() for row in rows]
    lines += [f"{name}: could not be measured: {why.splitlines()[0]}" for name, why in results["failed"].items()]
    told = results["machine"]
    loads = [each[0] for each in results["load_average"].values()]
    lines.append(f"{told['processors']} × {told['processor']}, {told['system']}, commit {told['commit']}, load average {min(loads, default=0):.1f} to {max(loads, default=0):.1f}")
    return "\n".join(lines)


# ---- charts ----

def bar_chart(title, bars, unit, limit=None, limit_text=""):
    """Horizontal bars with their values, as an SVG that is readable on dark and on light paper."""
    longest = max([value for _, value in bars] + ([limit] if limit else [])) or 1
    left, scale, row = 250, 380, 30
    height = 56 + row * len(bars) + (18 if limit else 0)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" font-family="sans-serif" font-size="13" role="img" aria-label="{html.escape(title)}">',
             f'<rect width="760" height="{height}" fill="#ffffff"/>', f'<text x="16" y="26" font-size="15" font-weight="bold" fill="#1b2733">{html.escape(title)}</text>']
    for place, (name, value) in enumerate(bars):
        y = 44 + row * place
        colour = "#0a7d5c" if place == 0 else "#8795a5"
        parts.append(f'<text x="{left - 10}" y="{y + 15}" text-anchor="end" fill="#1b2733">{html.escape(name)}</text>')
        parts.append(f'<rect x="{left}" y="{y}" width="{max(1.5, scale * value / longest):.1f}" height="20" rx="3" fill="{colour}"/>')
        parts.append(f'<text x="{left + 8 + scale * value / longest:.1f}" y="{y + 15}" fill="#1b2733">{number(value)} {html.escape(unit)}</text>')
    if limit:
        x = left + scale * limit / longest
        bottom = 40 + row * len(bars)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="38" y2="{bottom}" stroke="#b3261e" stroke-dasharray="4 3"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle" font-size="11" fill="#b3261e">{html.escape(limit_text)}</text>')
    return "\n".join(parts + ["</svg>", ""])


def charts(figures):
    """{file name: (title, SVG)} of what there are results of."""
    made = {}
    for figure in figures:
        if figure["number"] in ("P1", "P2") and figure["reference"]:
            title = f"CPU time of the server a request: {figure['what']}"
            made[f"{figure['number'].lower()}.svg"] = (title, bar_chart(
                title, [("Caddy Shopping", 1000 * figure["value"]), ("nginx, the same bytes", 1000 * figure["reference"])], "µs",
                1000 * figure["reference"] * figure["target"], "target"))
        if figure["number"] == "P5" and figure["reference"] and figure["unit"] == "orders/s":
            title = "Orders a second, durable"
            made["p5.svg"] = (title, bar_chart(title, [("Caddy Shopping", figure["value"]), ("bare client, same statements", figure["reference"])], "/s",
                                               figure["reference"] * figure["target"], "target"))
        if figure["number"] == "P8":
            name = "p8-sqlite.svg" if "SQLite" in figure["what"] else "p8-servers.svg"
            title = f"From exec to ready, {figure['what'].split(', ')[1]}"
            made[name] = (title, bar_chart(title, [("Caddy Shopping", figure["value"])], "ms", figure["target"], "target"))
    grown = [(f"{figure['what']}", figure["value"]) for figure in figures if figure["number"] == "P11"]
    if grown:
        title = "CPU time of server and database as the catalogue grows"
        made["p11.svg"] = (title, bar_chart(title, [(what, 1000 * value) for what, value in grown], "µs"))
    peers = [figure for figure in figures if figure["number"].startswith("peer")]
    for what in dict.fromkeys(figure["what"] for figure in peers):
        rows = [(figure["reference_text"], figure["value"]) for figure in peers if figure["what"] == what]
        name = "peers-" + "".join(char if char.isalnum() else "-" for char in what) + ".svg"
        made[name] = (f"CPU time: {what}", bar_chart(f"CPU ms of server and database: {what}", rows, "ms"))
    return made


# ---- the page ----

def merged(all_results):
    """The figures of several runs: the later stronger, by number and words."""
    found = {}
    for results in all_results:
        for figure in results["figures"]:
            found[(figure["number"], figure["what"].split(" after ")[0], figure["reference_text"] if figure["number"].startswith("peer") else "")] = figure
    return sorted(found.values(), key=lambda figure: (figure["number"].startswith("peer"), int(figure["number"].strip("Ppeer ") or 0)))


def write_page(all_results):
    figures = merged(all_results)
    CHARTS.mkdir(exist_ok=True)
    made = charts(figures)
    for stale in set(path.name for path in CHARTS.glob("p*.svg")) - set(made):
        (CHARTS / stale).unlink()
    lines = ["# Benchmarks", "", "Written by `bench/run --page`; the results that it was written from say when, where and under which load.",
             "How figures are taken stands in [bench/README.md](../bench/README.md), what was tried in [bench/NOTES.md](../bench/NOTES.md).", ""]
    for results in all_results:
        told, loads = results["machine"], [each[0] for each in results["load_average"].values()]
        began_calm = loads and loads[0] <= 1.5 * told["processors"]   # later on it is the run's own load
        provisional = "" if began_calm and not results["quick"] else " **Provisional**: a quick run, or the machine had not come to rest when it began."
        lines.append(f"- `{results['command']}`: {told['taken_at'][:16].replace('T', ' ')} UTC, commit `{told['commit']}`, {told['processors']} × {told['processor']}, "
                     f"{told['memory_mib'] // 1024} GiB, {told['system']}, kernel {told['kernel']}; load average {loads[0] if loads else 0:.1f} when it began.{provisional}")
    lines += ["", "Generator, server and database share the processors, so that the fairest figure is the CPU time that a request costs the server.", "",
              "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    own = [figure for figure in figures if not figure["number"].startswith("peer")]
    lines += ["| " + " | ".join(cells(figure)) + " |" for figure in own]
    lines += ["", "## In words", ""] + [f"- **{figure['number']} {figure['what']}**: {figure['note']}." for figure in own if figure["note"]]
    failed = {name: why for results in all_results for name, why in results["failed"].items()}
    lines += [f"- **{name}** could not be measured: {why.splitlines()[0]}" for name, why in failed.items()]
    peers = [figure for figure in figures if figure["number"].startswith("peer")]
    if peers:
        lines += ["", "## Beside Node shops", "", "| what | system | CPU ms a request, server and database | of which the server | requests/s |", "|---|---|---|---|---|"]
        lines += [f"| {figure['what']} | {figure['reference_text']} | {number(figure['value'])} | {number(figure['ratio'])} | {number(figure['reference'])} |" for figure in peers]
    if made:
        lines += ["", "## Charts", ""] + [f"![{title}](benchmarks/{name})\n" for name, (title, _) in made.items()]
    lines += ["", "## Again", "", "```sh", "make bench                          # all figures, half an hour", "make bench BENCH=--quick            # does it work here?",
              "bench/run --only P9 --hold 600      # ten minutes of a crowd", "bench/run --build --only P14        # how long a build takes",
              "make bench-peers                    # beside NestJS and Vendure", "make count                          # instructions of the hot path", "```", ""]
    for name, (_, svg) in made.items():
        (CHARTS / name).write_text(svg, encoding="utf-8")
    Path(PAGE).write_text("\n".join(lines), encoding="utf-8")
