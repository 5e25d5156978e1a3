"""Figures of what is written: P5, P6."""
import json
import subprocess

from harness import load, machine, statements, traffic
from harness.figures import Figure, compared

CONNECTIONS = 32
PLENTY = 1_000_000
MARK = "here the orders begin"


def press_buttons(stage, shop, shelf, orders, hot=None):
    """Fills a cart for each buyer, then lets all of them buy at once; what the buying cost."""
    file = stage.traffic(traffic.buyers(shelf, orders, hot))
    replay = load.Replay(file, shop.port, stage.options.client_cores(), connections=CONNECTIONS).ready()
    told = load.cost(shop, replay.count, [stage.database()])
    wrong = shop.audit()
    if wrong:
        raise RuntimeError("the invariants do not hold after these orders:\n" + wrong)
    return told


def recording(stage, shop, shelf, orders):
    """What the shop asks of its database for so many orders, as a file, and the data as it was before."""
    database = stage.database()
    log, dump, units = stage.folder / "general.log", stage.folder / "before.sql", stage.folder / "orders.units"
    database.client(f"SET GLOBAL general_log_file='{log}'; SET GLOBAL log_output='FILE'; SET GLOBAL general_log=ON")
    replay = load.Replay(stage.traffic(traffic.buyers(shelf, orders)), shop.port, connections=CONNECTIONS).ready()
    shop.settle(20)
    database.dump(shop.settings["DB_NAME"], dump)
    database.client(f"SELECT '{MARK}'")
    told = replay.count()
    database.client("SET GLOBAL general_log=OFF")
    if told["errors"]:
        raise RuntimeError(f"errors while orders were recorded: {told}")
    recorder = statements.Recorder().read(log, MARK)
    recorder.write(units)
    log.unlink()
    return dump, units, recorder


def bare_client(stage, dump, units, orders):
    """The same statements by a client that does nothing else, on the same data as it was before."""
    database = stage.database()
    settings = database.create_database("caddy_bare")
    with open(dump, "rb") as source:
        subprocess.run(["mariadb", "--no-defaults", f"--socket={database.socket}", "-uroot", "caddy_bare"], stdin=source, check=True)
    before = database.cpu()
    done = subprocess.run([str(machine.BUILD / "bin/bench-statements"), "--file", str(units), "--port", str(database.port), "--user",
                           settings["DB_USERNAME"], "--password", settings["DB_PASSWORD"], "--database", "caddy_bare", "--connections", "16"],
                          capture_output=True, text=True, timeout=600)
    used = database.cpu() - before
    database.drop_database("caddy_bare")
    if done.returncode != 0:
        raise RuntimeError("bench-statements: " + done.stderr)
    told = json.loads(done.stdout)
    if told["faults"]:
        raise RuntimeError(f"the bare client was refused: {told} {done.stderr}")
    return {**told, "per_second": orders / told["seconds"], "database_cpu_ms": 1000 * used / orders}


def orders(stage):
    """P5 and P6 together, since P6 is held against P5."""
    options = stage.options
    shelf = stage.shelf(stock=PLENTY)
    shop = stage.shop("writes", shelf)
    spread, hot, bare = [], [], []
    dump, units, recorder = recording(stage, shop, shelf, options.orders)
    of_each = recorder.statements / options.orders
    stage.say(f"an order is {of_each:.1f} statements with all that follows; {recorder.left_out / options.orders:.1f} could not be recorded")
    for turn in range(options.repetitions + 1):
        results = (press_buttons(stage, shop, shelf, options.orders), press_buttons(stage, shop, shelf, options.orders, hot=1),
                   bare_client(stage, dump, units, options.orders))
        if turn > 0:
            for kept, told in zip((spread, hot, bare), results):
                kept.append(told)
    middle = sorted(spread, key=lambda told: told["cpu_ms"])[len(spread) // 2]
    rows = [
        compared("P5", "orders, placed and durable", "orders/s", [told["per_second"] for told in spread], [told["per_second"] for told in bare],
                 target=0.8, target_text="≥ 0.8 ×", least=True, reference_text=f"a bare client, the same {of_each:.0f} statements",
                 note=f"{middle['cpu_ms']:.2f} CPU ms of the shop and {middle['beside_cpu_ms'][0]:.2f} of MariaDB an order; "
                      f"p99 {middle['p99_ms']:.0f} ms at {CONNECTIONS} connections; all on the same cores"),
        compared("P6", "orders of one hot variant", "orders/s", [told["per_second"] for told in hot], [told["per_second"] for told in spread],
                 target=0.5, target_text="≥ 0.5 ×", least=True, reference_text="orders spread over the shelf")]
    stage.end("writes")
    rows.append(sold_exactly(stage))
    return rows


def sold_exactly(stage):
    """N buyers, half as many units."""
    units = stage.options.orders // 2
    shelf = stage.shelf(20, stock=units)
    shop = stage.shop("scarce", shelf)
    told = press_buttons(stage, shop, shelf, stage.options.orders, hot=1)
    sold = told["statuses"].get("201", 0)
    placed = int(stage.database().query("SELECT COUNT(*) FROM orders", shop.settings["DB_NAME"])[0][0])
    stage.end("scarce")
    return Figure("P6", f"sold of {units} units, {stage.options.orders} buyers", placed, "orders", target=1.0, target_text="exactly",
                  reference=units, reference_text="units", ratio=placed / units, least=True,
                  note=f"{sold} answers said so; audited")

