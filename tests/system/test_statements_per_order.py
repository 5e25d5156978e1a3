"""What an order costs the database while the shopper waits: so many statements and commits, and no more."""
from tests.system.test_concurrency import stocked
from tests.system.test_metrics import scrape, value

COUNT = "db_client_operation_duration_seconds_count"
STATEMENTS, COMMITS = 29, 4


def counted(shop):
    text = scrape(shop).text
    commits = value(text, COUNT, db_operation_name="COMMIT")
    return value(text, COUNT) - commits, commits


def cost_of_one_order(shop):
    cart, proof = shop.cart(("ticket", 2))
    before = counted(shop)
    assert shop.checkout(cart, proof).status_code == 201
    return tuple(now - then for now, then in zip(counted(shop), before))


def test_placing_an_order_makes_no_more_statements_and_commits_than_it_needs(fresh_shop):
    # Nobody's events are worked on here, so that all that is counted is the order's.
    fresh_shop.settings["SERVE_ROLE"] = "api"
    stocked(fresh_shop, 100, "--workers", "1")
    cost_of_one_order(fresh_shop)   # what is asked once in a process's life is not the order's
    costs = [cost_of_one_order(fresh_shop) for _ in range(4)]
    # A refresh of something kept may fall between: the least of them is the order's own.
    statements, commits = (min(each) for each in zip(*costs))
    assert 0 < statements <= STATEMENTS and 0 < commits <= COMMITS, costs
