"""A short campaign of `make torture`: its fleet loses nothing, and what is then spoiled in the database is found."""
from torture.campaign import found_in, sold_under_fire
from torture.checker import check
from torture.nemesis import plan

SECONDS, SEED, SHOPPERS = 15, 16, 4
GRACE_S = 60   # a machine under load may take long to recover; money and stock have no grace
SPOILED = (
    ("wrong total", "UPDATE orders SET total_minor = total_minor + 1 WHERE number = '{first}'"),
    ("lost order", "UPDATE orders SET number = 'GONE' WHERE number = '{second}'"),
    ("stock does not add up", "UPDATE stock_levels SET reserved = reserved + 7 WHERE on_hand > 0"),
    ("lost count of stock", "UPDATE stock_movements SET reason = 'spoiled' WHERE reason LIKE '________-____-____-____-____________'"),
    ("paid without money", "UPDATE orders SET status = 'paid' WHERE number = 'GONE'"),
)


def test_the_plan_has_faults_of_processes_and_of_a_server():
    kinds = {each.kind for each in plan(SEED, SECONDS, ["processes"])}
    assert any("database" in each or "redis" in each for each in kinds)
    assert any("worker" in each or "pod" in each for each in kinds)


def test_nothing_is_lost_and_what_is_spoiled_is_found(tmp_path):
    with sold_under_fire(SECONDS, SEED, SHOPPERS, tmp_path) as (fleet, events, broken):
        found = found_in(fleet)
        assert broken == []
        assert check(events, found, GRACE_S) == []
        approved = {each["number"] for each in events if each.get("act") == "approve"}
        told = [each["number"] for each in events if each.get("status") == 201 and each.get("number", "") not in {"", *approved}]
        for _, harm in SPOILED:
            fleet.query(harm.format(first=told[0], second=told[1]))
        assert {rule for rule, _ in SPOILED} <= {each.rule for each in check(events, found_in(fleet), GRACE_S)}
