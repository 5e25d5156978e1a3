"""Each lie that a shop could tell is caught by the judge of `make torture`, and an honest history is not blamed."""
import copy

import pytest

from torture import ground
from torture.checker import GRACE_S, check
from torture.explain import story
from torture.nemesis import GROUPS, KINDS, plan

ORDER = {"number": "S1", "cart": "cart_1", "total_minor": 3_700, "status": "paid"}


def said(request, act, status, code=None, **more):
    """A request and its answer, long after the fault."""
    told = {name: more[name] for name in ("number", "total_minor") if name in more}
    return ({"at": 20.0 + request, "what": "invoke", "request": request, "act": act, **more},
            {"at": 20.5 + request, "what": "answer", "request": request, "status": status, "code": code, "broken": None, **told})


def answer_of(events, act):
    request = next(each["request"] for each in events if each.get("act") == act)
    return next(each for each in events if each["what"] == "answer" and each["request"] == request)


def delivered(events):
    return [each for each in events if each["what"] == "delivery"]


def swap_deliveries(events):
    first, second = delivered(events)
    first["sequence"], second["sequence"] = 2, 1


def honest():
    events = [
        {"at": 1.0, "what": "invoke", "request": 1, "act": "checkout", "key": "k1", "cart": "cart_1"},
        {"at": 2.0, "what": "fault begins", "fault": 1, "kind": "kill database"},
        {"at": 2.1, "what": "unknown", "request": 1, "reason": "ConnectionError"},
        {"at": 2.2, "what": "invoke", "request": 2, "act": "checkout", "key": "k1", "cart": "cart_1"},
        {"at": 2.3, "what": "answer", "request": 2, "status": 503, "code": "unavailable", "broken": None},
        {"at": 3.0, "what": "fault ends", "fault": 1, "kind": "kill database"},
        {"at": 3.1, "what": "invoke", "request": 3, "act": "checkout", "key": "k1", "cart": "cart_1"},
        {"at": 3.2, "what": "answer", "request": 3, "status": 201, "broken": None, "number": "S1", "total_minor": 3_700},
        {"at": 3.3, "what": "invoke", "request": 4, "act": "approve", "key": "k1", "number": "S1"},
        {"at": 3.4, "what": "answer", "request": 4, "status": 202, "broken": None},
        *said(10, "logout", 204, key="s1"), *said(11, "refresh after logout", 401, "identity.token_invalid", key="s1"),
        *said(12, "me after logout", 401, "identity.token_invalid", key="s1"), *said(13, "adjust", 200, key="a1", delta=2),
        *said(14, "refund", 201, key="k1", number="S2"), *said(15, "fulfil", 201, key="k1", number="S3"),
        *({"at": 4.0, "what": "delivery", "event": f"evt_{number}", "aggregate": "ord_1", "sequence": number, "genuine": True} for number in (1, 2)),
    ]
    for number in ("S2", "S3"):
        events += [*said(20 + int(number[1]), "checkout", 201, key=f"k{number}", cart=f"cart_{number}", number=number, total_minor=3_700),
                   *said(30 + int(number[1]), "approve", 202, key=f"k{number}", number=number)]
    found = {"orders": [dict(ORDER), {**ORDER, "number": "S2", "cart": "cart_S2", "status": "partially_refunded"},
                        {**ORDER, "number": "S3", "cart": "cart_S3", "status": "shipped"}],
             "payments": [{"number": number, "status": "succeeded"} for number in ("S1", "S2", "S3")], "start": 10,
             "adjustments": [{"key": "a1", "delta": 2}], "refunds": [{"number": "S2", "amount_minor": 2_500}],
             "due": [{"aggregate": "ord_1", "sequence": 1}, {"aggregate": "ord_1", "sequence": 2}],
             "stock": {"on_hand": 11, "reserved": 1}, "undelivered": 0, "audit": ""}
    return events, found


def rules(events, found):
    return {each.rule for each in check(events, found)}


def test_an_honest_history_is_not_blamed():
    assert rules(*honest()) == set()


def test_an_order_whose_answer_was_lost_may_exist_and_may_not():
    events, found = honest()
    events = events[:3]
    found = {**found, "payments": [], "adjustments": [], "refunds": [], "due": []}
    assert rules(events, {**found, "orders": [{**ORDER, "status": "pending_payment"}], "stock": {"on_hand": 10, "reserved": 1}}) == set()
    assert rules(events, {**found, "orders": [], "stock": {"on_hand": 10, "reserved": 0}}) == set()


LIES = {
    "lost order": lambda events, found: found["orders"].clear(),
    "wrong total": lambda events, found: found["orders"][0].update(total_minor=3_701),
    "double order": lambda events, found: found["orders"].append({**ORDER, "number": "S9"}),
    "order that nobody asked for": lambda events, found: found["orders"].append({**ORDER, "number": "S9", "cart": "cart_9"}),
    "one key, two orders": lambda events, found: events.extend([
        {**events[6], "request": 5}, {**events[7], "request": 5, "number": "S2"}]),
    "stock out of bounds": lambda events, found: found["stock"].update(on_hand=-1),
    "stock does not add up": lambda events, found: found["stock"].update(reserved=0),
    "captured twice": lambda events, found: found["payments"].append({"number": "S1", "status": "succeeded"}),
    "money that nobody gave": lambda events, found: events.pop(8),
    "paid without money": lambda events, found: found["payments"].clear(),
    "unexplained 5xx": lambda events, found: events[4].update(status=500),
    "answer not as documented": lambda events, found: events[7].update(broken="/totals: missing"),
    "event not processed": lambda events, found: found.update(undelivered=1),
    "refusal that is not allowed": lambda events, found: answer_of(events, "fulfil").update(status=409, code="orders.not_fulfillable"),
    "a session outlived its end": lambda events, found: answer_of(events, "me after logout").update(status=200),
    "stock counted twice": lambda events, found: found["adjustments"].append({"key": "a1", "delta": 2}),
    "stock that nobody counted": lambda events, found: found["adjustments"].append({"key": "a2", "delta": 5}),
    "lost count of stock": lambda events, found: found["adjustments"].clear(),
    "lost refund": lambda events, found: found["refunds"].clear(),
    "refunded twice": lambda events, found: found["refunds"].append({"number": "S2", "amount_minor": 2_500}),
    "lost parcel": lambda events, found: found["orders"][2].update(status="paid"),
    "signature that does not hold": lambda events, found: delivered(events)[0].update(genuine=False),
    "event out of order": lambda events, found: swap_deliveries(events),
    "event that never came": lambda events, found: found["due"].append({"aggregate": "ord_1", "sequence": 3}),
    "audit": lambda events, found: found.update(audit="reserved differs"),
}


@pytest.mark.parametrize("rule", LIES)
def test_each_lie_is_caught(rule):
    events, found = copy.deepcopy(honest())
    LIES[rule](events, found)
    assert rule in rules(events, found)


def test_what_is_unavailable_without_a_fault_or_long_after_it_is_blamed():
    events, found = honest()
    without = [each for each in events if not each["what"].startswith("fault")]
    assert rules(without, found) == {"unexplained 5xx"}
    late = {"at": 3.0 + GRACE_S, "request": 9}
    for shift, blamed in ((-0.1, set()), (0.1, {"unexplained 5xx"})):
        asked = {**late, "at": late["at"] + shift, "what": "invoke", "act": "create cart"}
        assert rules([*events, asked, {**asked, "what": "answer", "status": 503}], found) == blamed


def test_a_story_has_the_requests_of_its_key_and_the_faults_between_them():
    events, found = honest()
    found["orders"].clear()
    lost = next(each for each in check(events, found) if each.rule == "lost order")
    told = "\n".join(story(lost, events))
    assert "S1" in told and "unknown" in told and "kill database" in told and "status=201" in told


def test_a_plan_is_a_function_of_its_seed_and_has_each_fault():
    assert plan(7, 120) == plan(7, 120) != plan(8, 120)
    assert {each.kind for each in plan(7, 900)} == set(KINDS)
    assert {each.kind for each in plan(7, 300, ["disk", "network"])} == {*GROUPS["disk"], *GROUPS["network"]}
    assert all(each.at_s + each.lasts_s < 120 for each in plan(7, 120))


def test_what_a_machine_cannot_do_is_refused_with_a_word(monkeypatch):
    monkeypatch.delenv(ground.OWN, raising=False)
    assert "root" in "".join(ground.refusals(["network"]).values())
    assert ground.refusals(["processes", "restarts"]) == {}
