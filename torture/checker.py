"""Judges a history beside what the database holds at the end. It knows nothing of how the fleet works."""
from collections import Counter
from dataclasses import dataclass

GRACE_S = 5.0                       # how long after its end a fault still explains an answer
UNAVAILABLE = (503, 504)            # what a fault may cause; no fault explains another 5xx
HOLDS = ("pending_payment", "paid", "fulfilling", "shipped")   # orders whose unit is reserved or has left the shelf
REFUSED = {   # what may be refused, and with which codes; of what stands not here nothing
    "register": {"identity.email_taken"},   # an earlier try whose answer was lost
    "logout": {"identity.token_invalid"},
}
AFTER_LOGOUT = ("refresh after logout", "me after logout")   # refused, always


@dataclass(frozen=True)
class Finding:
    rule: str
    text: str
    key: str = ""   # the idempotency key whose requests tell the story


def answers(events):
    """Pairs of a request and how it ended; requests that never ended are unknown."""
    ends = {each["request"]: each for each in events if each["what"] in ("answer", "unknown")}
    return [(each, ends.get(each["request"])) for each in events if each["what"] == "invoke"]


def faults(events):
    """(begin, end) of each fault; one that never ended lasts for ever."""
    ends = {each["fault"]: each["at"] for each in events if each["what"] == "fault ends"}
    return [(each["at"], ends.get(each["fault"], float("inf"))) for each in events if each["what"] == "fault begins"]


def check_answers(events, grace_s):
    spans = faults(events)
    for asked, ended in answers(events):
        if ended is None or ended["what"] != "answer":
            continue
        said = f"{asked['act']} was answered {ended['status']} {ended.get('code') or ''}".strip()
        if ended.get("broken"):
            yield Finding("answer not as documented", f"{said}: {ended['broken']}", asked.get("key", ""))
        if ended["status"] < 500:
            continue
        excused = any(begin <= ended["at"] and asked["at"] <= end + grace_s for begin, end in spans)
        if ended["status"] not in UNAVAILABLE or not excused:
            yield Finding("unexplained 5xx", said, asked.get("key", ""))


def check_refusals(events):
    """A refusal is one that this request may get in this state; where an earlier try was lost, its success is what refuses the next."""
    tries = Counter()
    for asked, ended in answers(events):
        act = asked["act"]
        again, tries[act, asked.get("key")] = tries[act, asked.get("key")], tries[act, asked.get("key")] + 1
        if ended is None or ended["what"] != "answer":
            continue
        if act in AFTER_LOGOUT:
            if ended["status"] < 400:
                yield Finding("a session outlived its end", f"{act} was answered {ended['status']}", asked["key"])
            elif ended["status"] < 500 and ended["status"] != 401:
                yield Finding("refusal that is not allowed", f"{act}: {ended['status']} {ended.get('code')}", asked["key"])
        elif 400 <= ended["status"] < 500:
            allowed = ended.get("code") in REFUSED.get(act, ()) and (act == "register" or again)
            if not allowed:
                yield Finding("refusal that is not allowed", f"{act}: {ended['status']} {ended.get('code')}", asked.get("key", ""))


def check_staff(events, found):
    """`adjustments`: reasons, which are keys, of counted stock with their sums; `refunds`: number and amount of each."""
    counted, given = Counter(), Counter()
    asked_for = {asked["key"]: asked["delta"] for asked, _ in answers(events) if asked["act"] == "adjust"}
    for each in found["adjustments"]:
        counted[each["key"]] += 1
        if counted[each["key"]] > 1:
            yield Finding("stock counted twice", each["key"], each["key"])
        if asked_for.get(each["key"]) != each["delta"]:
            yield Finding("stock that nobody counted", f"{each['key']}: {each['delta']}", each["key"])
    totals = {row["number"]: row["total_minor"] for row in found["orders"]}
    for each in found["refunds"]:
        given[each["number"]] += each["amount_minor"]
    for number, amount in given.items():
        if amount > totals.get(number, 0):
            yield Finding("refunded twice", f"{number}: {amount} of {totals.get(number)}")
    status = {row["number"]: row["status"] for row in found["orders"]}
    for asked, ended in answers(events):
        if ended is None or ended.get("status") not in (200, 201):
            continue
        if asked["act"] == "adjust" and not counted[asked["key"]]:
            yield Finding("lost count of stock", asked["key"], asked["key"])
        if asked["act"] == "refund" and not given[asked["number"]]:
            yield Finding("lost refund", asked["number"], asked["key"])
        if asked["act"] == "fulfil" and status.get(asked["number"]) != "shipped":
            yield Finding("lost parcel", asked["number"], asked["key"])


def check_webhooks(events, due):
    """`due`: aggregate and sequence of all that the receiver is owed. At least once, genuine, each aggregate's in its order."""
    came, last = set(), {}
    for each in events:
        if each["what"] != "delivery":
            continue
        if not each["genuine"]:
            yield Finding("signature that does not hold", each["event"])
        named = each["aggregate"], each["sequence"]
        if named not in came and last.get(each["aggregate"], 0) > each["sequence"]:
            yield Finding("event out of order", f"{each['aggregate']}: {each['sequence']} after {last[each['aggregate']]}")
        came.add(named)
        last[each["aggregate"]] = max(last.get(each["aggregate"], 0), each["sequence"])
    for each in due:
        if (each["aggregate"], each["sequence"]) not in came:
            yield Finding("event that never came", f"{each['sequence']} of {each['aggregate']}")


def check_orders(events, rows):
    """`rows`: number, cart, total_minor, status of each order."""
    by_number, carts = Counter(row["number"] for row in rows), Counter(row["cart"] for row in rows)
    totals = {row["number"]: row["total_minor"] for row in rows}
    asked_for, told = {}, {}
    for asked, ended in answers(events):
        if asked["act"] != "checkout":
            continue
        asked_for[asked["cart"]] = asked["key"]
        if ended is None or ended["what"] != "answer" or ended["status"] != 201:
            continue
        number, key = ended["number"], asked["key"]
        if told.setdefault(key, number) != number:
            yield Finding("one key, two orders", f"{told[key]} and {number}", key)
        if by_number[number] == 0:
            yield Finding("lost order", f"{number} was acknowledged and does not exist", key)
        elif totals[number] != ended["total_minor"]:
            yield Finding("wrong total", f"{number}: told {ended['total_minor']}, stored {totals[number]}", key)
    for number, count in by_number.items():
        if count > 1:
            yield Finding("double order", f"{number} exists {count} times")
    for cart, count in carts.items():
        if cart not in asked_for:
            yield Finding("order that nobody asked for", f"of cart {cart}")
        elif count > 1:
            yield Finding("double order", f"cart {cart} became {count} orders", asked_for[cart])


def check_stock(start, stock, rows):
    """Each order is of one unit. `start`: with what was counted in. `stock`: on_hand and reserved at the end."""
    if stock["on_hand"] < 0 or stock["reserved"] < 0 or stock["reserved"] > stock["on_hand"]:
        yield Finding("stock out of bounds", str(stock))
    held = stock["reserved"] + start - stock["on_hand"]
    wanted = sum(1 for row in rows if row["status"] in HOLDS)
    if held != wanted:
        yield Finding("stock does not add up", f"{wanted} orders hold a unit, the stock has given {held}")


def check_payments(events, rows, payments):
    """`payments`: number of the order and status of each payment."""
    approved = {asked["number"] for asked, _ in answers(events) if asked["act"] == "approve"}
    paid = Counter(each["number"] for each in payments if each["status"] == "succeeded")
    for number, count in paid.items():
        if count > 1:
            yield Finding("captured twice", f"{number} has {count} payments")
        if number not in approved:
            yield Finding("money that nobody gave", number)
    for row in rows:
        if row["status"] in ("paid", "fulfilling", "shipped") and paid[row["number"]] != 1:
            yield Finding("paid without money", row["number"])


def check(events, found, grace_s=GRACE_S):
    """All findings. `found`: orders, payments, stock, start, adjustments, refunds, due, undelivered, audit (its text where it has a finding)."""
    counted = sum(each["delta"] for each in found["adjustments"])
    findings = [*check_answers(events, grace_s), *check_refusals(events), *check_orders(events, found["orders"]),
                *check_stock(found["start"] + counted, found["stock"], found["orders"]),
                *check_staff(events, found), *check_webhooks(events, found["due"]),
                *check_payments(events, found["orders"], found["payments"])]
    if found["undelivered"]:
        findings.append(Finding("event not processed", f"{found['undelivered']} events of the outbox are due or parked"))
    if found["audit"]:
        findings.append(Finding("audit", found["audit"]))
    return findings
