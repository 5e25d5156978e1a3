"""Each alert rings when it should, not when it should not, and stops; by promtool on the shipped rules."""
import re
import subprocess

import pytest
import yaml

from tests.deploy.manifests import ROOT, one, read

JOB = "caddy-shopping-backend"
REQUESTS = "http_server_request_duration_seconds"


def rules():
    return one(read("monitoring/rules.yaml"), "PrometheusRule")["spec"]


def alerts():
    return {rule["alert"]: rule for group in rules()["groups"] for rule in group["rules"] if "alert" in rule}


def promtool(folder, *words):
    return subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def rules_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules()))
    return folder / "rules.yaml"


def test_the_rules_are_valid(rules_file):
    run = promtool(rules_file.parent, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")
    assert run.returncode == 0, run.stdout + run.stderr


def phases(quiet, bad, again, minutes=90):
    """A gauge that is well, is not, and is well again."""
    return f"{quiet}+0x{minutes} {bad}+0x{minutes} {again}+0x{minutes}"


def gauge(name, labels, well, bad):
    return [{"series": f'{name}{{{labels}}}', "values": phases(well, bad, well)}]


def counter(name, labels, well, bad, minutes=90):
    """A counter that grows by `well` a minute, then by `bad`, then by `well`."""
    first, second = well * minutes, well * minutes + bad * (minutes + 1)
    return {"series": f"{name}{{{labels}}}",
            "values": f"0+{well}x{minutes} {first + bad}+{bad}x{minutes} {second + well}+{well}x{minutes}"}


def requests(labels, well, bad, minutes=90):
    return counter(f"{REQUESTS}_count", f'job="{JOB}",{labels}', well, bad, minutes)


J = f'job="{JOB}"'
POD = f'{J},pod="p1"'
# alert: (series, minute when it must be quiet, when it must ring, when it must have stopped)
QUIET, RINGS, STOPPED = 80, 170, 265
CASES = {
    "CaddyTargetDown": gauge("up", POD, 1, 0),
    "CaddyWorkerFlapping": [counter("caddy_worker_restarts_total", POD, 0, 1)],
    "CaddyWorkerDown": gauge("caddy_worker_up", POD + ',worker="2"', 1, 0),
    "CaddyDbPoolWaiting": gauge("db_client_connection_pending_requests", POD + ',db_client_connection_pool_name="mysql"', 0, 40),
    "CaddyRedisDown": gauge("caddy_redis_up", POD, 1, 0),
    "CaddyLimiterAlone": gauge("caddy_rate_limit_fallback", POD, 0, 1),
    "CaddyRateLimitedSpike": [counter("caddy_rate_limited_total", POD + ',tier="api"', 1, 100), requests('http_route="/x"', 600, 600)],
    "CaddyOutboxLag": gauge("caddy_outbox_lag_seconds", POD, 1, 300),
    "CaddyOutboxParked": gauge("caddy_outbox_parked", POD, 0, 2),
    "CaddyJobsFailing": [counter("caddy_jobs_total", POD + ',type="mail.send",result="failed"', 0, 30)],
    "CaddySettingsBroken": gauge("caddy_config_last_reload_successful", POD, 1, 0),
    "CaddySettingsDrift": [*gauge("caddy_config_info", POD + ',config_hash="1f"', 1, 1),
                           {"series": f'caddy_config_info{{{J},pod="p2",config_hash="2e"}}', "values": "_x91 1+0x89 _x90"}],
    "CaddyVersionSkew": [*gauge("caddy_build_info", POD + ',version="1.0.0"', 1, 1),
                         {"series": f'caddy_build_info{{{J},pod="p2",version="1.1.0"}}', "values": "_x91 1+0x89 _x90"}],
    "CaddyFilesNearLimit": [*gauge("process_open_fds", POD, 100, 900), *gauge("process_max_fds", POD, 1000, 1000)],
    "CaddySeriesRefused": [counter("caddy_metrics_series_refused_total", POD, 0, 5)],
    "CaddyMemoryNearLimit": [*gauge("container_memory_working_set_bytes", 'container="backend",pod="p1"', 50, 95),
                             *gauge("kube_pod_container_resource_limits", 'container="backend",pod="p1",resource="memory"', 100, 100)],
    "CaddyThrottled": [counter("container_cpu_cfs_throttled_periods_total", 'container="backend",pod="p1"', 1, 300),
                       counter("container_cpu_cfs_periods_total", 'container="backend",pod="p1"', 600, 600)],
    "CaddyCrashLooping": gauge("kube_pod_container_status_waiting_reason", 'container="backend",pod="p1",reason="CrashLoopBackOff"', 0, 1),
    "CaddyRolloutStuck": gauge("kube_deployment_status_condition",
                               f'deployment="{JOB}",condition="Progressing",status="false"', 0, 1),
    "CaddyScalerAtMost": [*gauge("kube_horizontalpodautoscaler_status_current_replicas", f'horizontalpodautoscaler="{JOB}-hpa"', 5, 15),
                          *gauge("kube_horizontalpodautoscaler_spec_max_replicas", f'horizontalpodautoscaler="{JOB}-hpa"', 15, 15)],
    "CaddyAuditFailed": gauge("kube_job_status_failed", 'job_name="caddy-shopping-audit-29000000"', 0, 1),
    "HighOrderFailureRate": [requests('http_route="/api/v1/carts/{id}/checkout",http_response_status_code="201"', 100, 100),
                             requests('http_route="/api/v1/carts/{id}/checkout",http_response_status_code="503"', 0, 20)],
    "APISlowResponse": [counter(f"{REQUESTS}_bucket", f'{J},le="0.25"', 600, 300), counter(f"{REQUESTS}_bucket", f'{J},le="1"', 600, 300),
                        counter(f"{REQUESTS}_bucket", f'{J},le="2.5"', 600, 600), counter(f"{REQUESTS}_bucket", f'{J},le="+Inf"', 600, 600)],
    "RedisMemoryWarning": [*gauge("redis_memory_used_bytes", 'instance="r"', 50, 90), *gauge("redis_memory_max_bytes", 'instance="r"', 100, 100)],
}
# The burn rates look over days: their phases are longer. share: of the requests while it is bad, in thousandths.
BURN = {
    "CaddyErrorBudgetFast": ("errors", 50), "CaddyErrorBudgetSlow": ("errors", 50), "CaddyErrorBudgetDay": ("errors", 50),
    "CaddyErrorBudgetDays": ("errors", 50), "CaddyLatencyBudgetFast": ("slow", 300), "CaddyLatencyBudgetSlow": ("slow", 300),
    "CaddyLatencyBudgetDay": ("slow", 300), "CaddyLatencyBudgetDays": ("slow", 300),
}


def burn_series(kind, share, minutes, rate=1000):
    labels = 'http_request_method="GET",http_route="/api/v1/products"'
    if kind == "errors":
        return [requests(labels + ',http_response_status_code="200"', rate, rate - share, minutes),
                requests(labels + ',http_response_status_code="503"', 0, share, minutes)]
    return [requests(labels + ',http_response_status_code="200"', rate, rate, minutes),
            counter(f"{REQUESTS}_bucket", f'{J},{labels},http_response_status_code="200",le="0.25"', rate, rate - share, minutes)]


def rings(rules_file, tmp_path, alert, series, minutes, interval="1m"):
    """For each minute whether it rings; promtool is asked for silence, and complains where there is none."""
    expected = [{"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": []} for minute in minutes]
    test = {"rule_files": [str(rules_file)], "evaluation_interval": interval,
            "tests": [{"interval": interval, "input_series": series, "alert_rule_test": expected}]}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    run = promtool(tmp_path, "test", "rules", "test.yaml")
    told = re.findall(rf"alertname: {alert}, time: (?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?,", run.stdout + run.stderr)
    assert (run.returncode == 0) == (told == []), run.stdout + run.stderr
    rung = {int(days or 0) * 1440 + int(hours or 0) * 60 + int(rest or 0) for days, hours, rest, _ in told}
    assert rung <= set(minutes), told
    return [minute in rung for minute in minutes]


@pytest.mark.parametrize("alert", sorted(CASES))
def test_an_alert_rings_while_it_is_bad_and_at_no_other_time(rules_file, tmp_path, alert):
    assert rings(rules_file, tmp_path, alert, CASES[alert], (QUIET, RINGS, STOPPED)) == [False, True, False]


@pytest.mark.parametrize("alert", sorted(BURN))
def test_a_budget_that_burns_rings_and_stops(rules_file, tmp_path, alert):
    kind, share = BURN[alert]
    minutes = 4400 if alert.endswith("Days") else 1500 if alert.endswith("Day") else 400   # each longer than its long window
    step = 5
    series = burn_series(kind, share * step, minutes // step, 1000 * step)
    times = (minutes - 20, 2 * minutes - 20, 3 * minutes - 20)   # the short window is what ends it
    assert rings(rules_file, tmp_path, alert, series, times, f"{step}m") == [False, True, False]


def test_one_failure_of_a_quiet_night_does_not_ring(rules_file, tmp_path):
    series = [requests('http_request_method="GET",http_route="/api/v1/products",http_response_status_code="200"', 1, 1),
              requests('http_request_method="GET",http_route="/api/v1/products",http_response_status_code="503"', 0, 1)]
    assert rings(rules_file, tmp_path, "CaddyErrorBudgetFast", series, [RINGS]) == [False]


def test_nothing_scraped_at_all_rings(rules_file, tmp_path):
    series = [{"series": f'up{{{POD}}}', "values": "1+0x60 _x60 1+0x60"}]
    assert rings(rules_file, tmp_path, "CaddyAbsent", series, (50, 110, 170)) == [False, True, False]


def test_every_alert_has_a_test_a_severity_and_a_section_of_the_operations_guide():
    assert set(alerts()) == set(CASES) | set(BURN) | {"CaddyAbsent"}
    guide = (ROOT / "docs" / "kubernetes.md").read_text()
    sections = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in guide.splitlines() if line.startswith("#")}
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in ("critical", "warning"), name
        assert rule["annotations"]["summary"], name
        page, anchor = rule["annotations"]["runbook_url"].split("#")
        assert page == "docs/kubernetes.md" and anchor in sections, (name, anchor)
