"""A finding as a story: what was asked and answered under its key, and which faults came between."""


def story(finding, events):
    lines = [f"{finding.rule}: {finding.text}"]
    begun = events[0]["at"] if events else 0
    requests = {each["request"] for each in events if each["what"] == "invoke" and finding.key and each.get("key") == finding.key}
    mine = [each for each in events if each.get("request") in requests]
    if not mine:
        return lines
    first, last = mine[0]["at"] - 10, mine[-1]["at"] + 10
    for each in events:
        is_mine = each.get("request") in requests
        if is_mine or (each["what"].startswith("fault") and first <= each["at"] <= last):
            said = " ".join(f"{name}={value}" for name, value in each.items() if name not in ("at", "what", "key"))
            lines.append(f"  {each['at'] - begun:8.3f} s  {'' if is_mine else '!! '}{each['what']} {said}")
    return lines
