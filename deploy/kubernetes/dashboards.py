"""The four dashboards for Grafana, from tables of panels. render.py writes them into monitoring/dashboards."""
import json

JOB = 'job=~"$job",instance=~"$instance"'
REQUESTS = "http_server_request_duration_seconds"
RATE = "$__rate_interval"
PODS = 'container="backend",pod=~"caddy-shopping-.*"'

# title, what it tells, unit, [(query, legend)]
RED = [
    ("Requests", "How many requests a second each route gets.", "reqps",
     [(f"sum by (http_route) (rate({REQUESTS}_count{{{JOB}}}[{RATE}]))", "{{http_route}}")]),
    ("Errors", "Share of the answers with 5xx, by route.", "percentunit",
     [(f'sum by (http_route) (rate({REQUESTS}_count{{{JOB},http_response_status_code=~"5.."}}[{RATE}])) / '
       f"sum by (http_route) (rate({REQUESTS}_count{{{JOB}}}[{RATE}]))", "{{http_route}}")]),
    ("Answers by status", "What callers were told.", "reqps",
     [(f"sum by (http_response_status_code) (rate({REQUESTS}_count{{{JOB}}}[{RATE}]))", "{{http_response_status_code}}")]),
    ("Duration, median", "Half of the requests take longer.", "s",
     [(f"histogram_quantile(0.5, sum by (le, http_route) (rate({REQUESTS}_bucket{{{JOB}}}[{RATE}])))", "{{http_route}}")]),
    ("Duration, 99th percentile", "One request in a hundred takes longer; points lead to traces.", "s",
     [(f"histogram_quantile(0.99, sum by (le, http_route) (rate({REQUESTS}_bucket{{{JOB}}}[{RATE}])))", "{{http_route}}")]),
    ("Refused by limits", "429 by tier.", "reqps", [(f"sum by (tier) (rate(caddy_rate_limited_total{{{JOB}}}[{RATE}]))", "{{tier}}")]),
]
USE = [
    ("CPU", "CPUs in use by each pod; a pod asks for one and may have two.", "none",
     [(f"sum by (pod) (rate(process_cpu_seconds_total{{{JOB}}}[{RATE}]))", "{{pod}}")]),
    ("Memory", "Resident memory of all workers of a pod.", "bytes",
     [(f"sum by (pod) (process_resident_memory_bytes{{{JOB}}})", "{{pod}}")]),
    ("Throttled", "Share of the periods in which a pod wanted more CPU than it may have.", "percentunit",
     [(f"sum by (pod) (rate(container_cpu_cfs_throttled_periods_total{{{PODS}}}[{RATE}])) / "
       f"sum by (pod) (rate(container_cpu_cfs_periods_total{{{PODS}}}[{RATE}]))", "{{pod}}")]),
    ("Open files", "Share of what one worker may open.", "percentunit",
     [(f"max by (pod) (process_open_fds{{{JOB}}}) / max by (pod) (process_max_fds{{{JOB}}})", "{{pod}}")]),
    ("Database connections", "Used and idle, of all pods.", "short",
     [(f"sum by (db_client_connection_state) (db_client_connection_count{{{JOB}}})", "{{db_client_connection_state}}")]),
    ("Waiting for a database connection", "Requests in the queue; more than none for long means a pool or a database too small.", "short",
     [(f"sum by (pod) (db_client_connection_pending_requests{{{JOB}}})", "{{pod}}")]),
    ("Redis calls", "By how they ended.", "ops", [(f"sum by (outcome) (rate(caddy_redis_calls_total{{{JOB}}}[{RATE}]))", "{{outcome}}")]),
    ("Redis, 99th percentile", "How long callers wait for Redis.", "s",
     [(f"histogram_quantile(0.99, sum by (le) (rate(caddy_redis_call_duration_seconds_bucket{{{JOB}}}[{RATE}])))", "p99")]),
    ("Redis memory", "Of what it may use.", "percentunit",
     [('max by (instance) (redis_memory_used_bytes{job=~".*redis.*"}) / max by (instance) (redis_memory_max_bytes{job=~".*redis.*"})',
       "{{instance}}")]),
    ("Workers", "Up, and started again.", "short",
     [(f"sum by (pod) (caddy_worker_up{{{JOB}}})", "{{pod}}"),
      (f"sum by (pod) (increase(caddy_worker_restarts_total{{{JOB}}}[{RATE}]))", "{{pod}} restarts")]),
]
SLO = [
    ("Budget left, availability", "Of the 0.1 % that may fail in 30 days; of the last three days.", "percentunit",
     [('1 - job:slo_errors:ratio_rate3d{job=~"$job"} / 0.001 * 3 / 30', "{{job}}")]),
    ("Budget left, latency", "Of the 1 % of reads that may take longer than 250 ms; of the last three days.", "percentunit",
     [('1 - job:slo_slow:ratio_rate3d{job=~"$job"} / 0.01 * 3 / 30', "{{job}}")]),
    ("Burn of the error budget", "1: the budget lasts exactly the month; over 14.4 somebody is woken.", "none",
     [(f'job:slo_errors:ratio_rate{window}{{job=~"$job"}} / 0.001', window) for window in ("5m", "1h", "6h", "3d")]),
    ("Burn of the latency budget", "As beside it, for slow reads.", "none",
     [(f'job:slo_slow:ratio_rate{window}{{job=~"$job"}} / 0.01', window) for window in ("5m", "1h", "6h", "3d")]),
    ("Versions", "How many pods run which.", "short", [('count by (version) (caddy_build_info{job=~"$job"})', "{{version}}")]),
]
BUSINESS = [
    ("Checkouts", "Carts that became orders, and those that did not, by status.", "reqps",
     [(f'sum by (http_response_status_code) (rate({REQUESTS}_count{{{JOB},http_route=~".*/checkout"}}[{RATE}]))',
       "{{http_response_status_code}}")]),
    ("Checkout, 99th percentile", "How long a shopper waits for his order.", "s",
     [(f'histogram_quantile(0.99, sum by (le) (rate({REQUESTS}_bucket{{{JOB},http_route=~".*/checkout"}}[{RATE}])))', "p99")]),
    ("Carts", "Carts opened a second.", "reqps",
     [(f'sum by (job) (rate({REQUESTS}_count{{{JOB},http_route="/api/v1/carts",http_request_method="POST"}}[{RATE}]))', "carts")]),
    ("Sign-ins", "By status; many 401 may be somebody who guesses.", "reqps",
     [(f'sum by (http_response_status_code) (rate({REQUESTS}_count{{{JOB},http_route=~"/api/v1/auth/.*"}}[{RATE}]))',
       "{{http_response_status_code}}")]),
    ("Events waiting", "Age of the oldest event that could run.", "s", [(f"max by (job) (caddy_outbox_lag_seconds{{{JOB}}})", "age")]),
    ("Events given up", "They wait for somebody in the back office.", "short", [(f"max by (job) (caddy_outbox_parked{{{JOB}}})", "parked")]),
    ("Jobs", "Runs a second by kind and result.", "ops",
     [(f"sum by (type, result) (rate(caddy_jobs_total{{{JOB}}}[{RATE}]))", "{{type}} {{result}}")]),
    ("Job duration, 99th percentile", "By kind.", "s",
     [(f"histogram_quantile(0.99, sum by (le, type) (rate(caddy_job_duration_seconds_bucket{{{JOB}}}[{RATE}])))", "{{type}}")]),
]
DASHBOARDS = {
    "caddy-red": ("Caddy Shopping: requests", RED), "caddy-use": ("Caddy Shopping: resources", USE),
    "caddy-slo": ("Caddy Shopping: objectives", SLO), "caddy-business": ("Caddy Shopping: business", BUSINESS),
}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def panel(number, title, about, unit, queries):
    column, row = number % 2, number // 2
    return {
        "id": number + 1, "type": "timeseries", "title": title, "description": about, "datasource": SOURCE,
        "gridPos": {"h": 8, "w": 12, "x": 12 * column, "y": 8 * row},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                    "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [{"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": query, "legendFormat": legend,
                     "exemplar": "histogram_quantile" in query} for i, (query, legend) in enumerate(queries)],
    }


def variable(name, query):
    return {"name": name, "label": name, "type": "query", "datasource": SOURCE, "query": {"query": query, "refId": name},
            "definition": query, "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".+",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]}}


def dashboard(uid, title, panels):
    return {
        "uid": uid, "title": title, "tags": ["caddy-shopping"], "editable": False, "schemaVersion": 39, "version": 1, "refresh": "30s",
        "timezone": "browser", "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [
            {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}},
            variable("job", "label_values(caddy_build_info, job)"),
            variable("instance", 'label_values(caddy_build_info{job=~"$job"}, instance)')]},
        "annotations": {"list": [{"name": "Deployments", "datasource": SOURCE, "enable": True, "iconColor": "blue", "titleFormat": "{{version}}",
                                  "expr": 'count by (version) (caddy_build_info{job=~"$job"}) unless count by (version) '
                                          '(caddy_build_info{job=~"$job"} offset 2m)'}]},
        "panels": [panel(number, *row) for number, row in enumerate(panels)],
    }


def files():
    return {f"monitoring/dashboards/{uid}.json": json.dumps(dashboard(uid, *rest), indent=1, ensure_ascii=False) + "\n"
            for uid, rest in DASHBOARDS.items()}
