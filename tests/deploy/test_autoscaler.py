"""The autoscaler's documented algorithm with the shipped numbers: a day of load takes the fleet from 3 pods to 15 and back, without flapping."""
import math

from tests.deploy.manifests import numbers, one, read

SYNC_S = 15
TOLERANCE = 0.1


class Autoscaler:
    """What the controller does every 15 s: per metric ceil(pods x use / target) outside the tolerance, the most of them, then both
    stabilisation windows and the policies over what was changed in their periods."""

    def __init__(self, spec, pods):
        self.spec, self.pods = spec, pods
        self.targets = {m["resource"]["name"]: m["resource"]["target"]["averageUtilization"] for m in spec["metrics"]}
        self.wishes, self.changes = [], []

    def wish(self, use):
        most = 0
        for name, percent in use.items():
            ratio = percent / self.targets[name]
            most = max(most, self.pods if abs(ratio - 1) <= TOLERANCE else math.ceil(self.pods * ratio))
        return most

    def allowed(self, direction, now):
        behavior = self.spec["behavior"][direction]
        sign = 1 if direction == "scaleUp" else -1
        bounds = []
        for policy in behavior["policies"]:
            changed = sum(change for at, change in self.changes if now - at < policy["periodSeconds"] and change * sign > 0)
            start = self.pods - changed
            if policy["type"] == "Pods":
                bounds.append(start + sign * policy["value"])
            else:
                factor = 1 + sign * policy["value"] / 100
                bounds.append(math.ceil(start * factor) if sign > 0 else math.floor(start * factor + 1e-9))
        pick_largest_change = behavior["selectPolicy"] == "Max"
        return (max if (sign > 0) == pick_largest_change else min)(bounds)

    def step(self, now, use):
        self.wishes.append((now, self.wish(use)))
        recent = {direction: [wish for at, wish in self.wishes
                              if now - at <= self.spec["behavior"][direction]["stabilizationWindowSeconds"]]
                  for direction in ("scaleUp", "scaleDown")}
        wanted = max(self.pods, min(recent["scaleUp"])) if min(recent["scaleUp"]) > self.pods else \
            min(self.pods, max(recent["scaleDown"]))
        wanted = max(self.spec["minReplicas"], min(self.spec["maxReplicas"], wanted))
        if wanted > self.pods:
            wanted = max(self.pods, min(wanted, self.allowed("scaleUp", now)))
        elif wanted < self.pods:
            wanted = min(self.pods, max(wanted, self.allowed("scaleDown", now)))
        if wanted != self.pods:
            self.changes.append((now, wanted - self.pods))
        self.pods = wanted


def run(load_of, hours, memory_mib=350, pods=3):
    """load_of(seconds) is in CPUs of the whole fleet. Returns what the size was at each step."""
    scaler = Autoscaler(one(read("hpa.yaml"), "HorizontalPodAutoscaler")["spec"], pods)
    sizes = []
    for now in range(0, int(hours * 3600), SYNC_S):
        scaler.step(now, {"cpu": min(200, 100 * load_of(now) / scaler.pods), "memory": 100 * memory_mib / 1024})
        sizes.append((now, scaler.pods))
    return sizes, scaler


def first(sizes, size, since=0):
    return next(now for now, pods in sizes if pods == size and now >= since)


def turns(changes):
    signs = [1 if change > 0 else -1 for _, change in changes]
    return sum(1 for one_, two in zip(signs, signs[1:]) if one_ != two)


def test_a_rush_takes_it_to_the_most_within_three_minutes_and_an_hour_brings_it_back():
    sizes, scaler = run(lambda now: 12 if 3600 <= now < 7200 else 0.5, 4)
    assert first(sizes, 15, 3600) - 3600 <= 180
    assert sizes[-1][1] == 3
    assert first(sizes, 3, 7200) - 7200 <= 3600
    assert turns(scaler.changes) == 1   # up, then down


def test_it_never_takes_more_than_two_pods_away_in_two_minutes():
    _, scaler = run(lambda now: 12 if now < 3600 else 0.1, 3, pods=15)
    for at, _ in scaler.changes:
        gone = sum(-change for when, change in scaler.changes if change < 0 and 0 <= at - when < 120)
        assert gone <= 2


def test_a_load_that_swings_every_two_minutes_does_not_make_it_swing():
    _, scaler = run(lambda now: 4.2 if now // 120 % 2 else 2.0, 3)
    assert turns(scaler.changes) <= 1


def test_noise_within_the_tolerance_changes_nothing():
    _, scaler = run(lambda now: 3 * 0.65 * (1.08 if now // 15 % 2 else 0.92), 2)
    assert scaler.changes == []


def test_memory_that_the_shop_holds_at_rest_lets_it_go_down_to_three():
    resting = 512   # MiB: what four workers may hold at rest
    sizes, _ = run(lambda now: 0.2, 4, memory_mib=resting, pods=15)
    assert sizes[-1][1] == 3
    sizes, _ = run(lambda now: 0.2, 4, memory_mib=760, pods=15)   # more than that pins the fleet
    assert sizes[-1][1] > 3


def test_the_numbers_are_those_of_the_file():
    spec, replicas = one(read("hpa.yaml"), "HorizontalPodAutoscaler")["spec"], numbers()["replicas"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (replicas["min"], replicas["max"])
