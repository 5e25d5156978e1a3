"""What the deployment promises, row by row, and the tests that hold it. A row without a test that exists fails."""
import ast
import functools

import pytest

from tests.deploy.manifests import ROOT, guide, one
from tests.deploy.test_guide_commands import installed  # noqa: F401 — a fixture
from tests.deploy.test_rules import BROKEN as BREAKS
from tests.deploy.test_rules import KNOWN, NAME, allows
from tests.deploy.test_schemas import BROKEN

# Row: (what is promised, tests as file::name below tests/).
ROWS = {
    "K01": ("every name of the guide exists", ["deploy/test_guide.py::test_every_name_of_the_guide_exists"]),
    "K02": ("the guide's commands run against our files", [
        "deploy/test_guide_commands.py::test_a_command_of_the_guide_finds_what_it_names",
        "deploy/test_guide_commands.py::test_the_guide_runs_from_top_to_bottom_on_an_empty_cluster"]),
    "K03": ("no number of replicas where an autoscaler owns it", ["deploy/test_rules.py::test_rule", "deploy/test_rules.py::test_rule_bites"]),
    "K04": ("numbers from one place", ["deploy/test_guide.py::test_each_number_reaches_a_file_from_its_one_place",
                                       "deploy/test_guide.py::test_the_central_configuration_has_the_guides_numbers",
                                       "deploy/test_guide.py::test_resources_are_the_guides",
                                       "deploy/test_guide.py::test_the_autoscaler_has_the_guides_range_and_targets"]),
    "K05": ("strict schemas for every document", ["deploy/test_schemas.py::test_every_document_of_every_flavour_passes_the_strict_schemas"]),
    "K06": ("no key twice", ["deploy/test_schemas.py::test_no_key_stands_twice_in_any_file"]),
    "K07": ("references close", ["deploy/test_rules.py::test_everything_that_is_referred_to_is_there",
                                 "deploy/test_rules.py::test_a_reference_to_nothing_is_found"]),
    "K08": ("the checkers' rules, exemptions frozen", ["deploy/test_rules.py::test_rule", "deploy/test_rules.py::test_rule_bites"]),
    "K09": ("no annotation that nobody reads", ["deploy/test_rules.py::test_every_annotation_is_one_that_somebody_reads"]),
    "K10": ("apply-all is what is rendered", ["deploy/test_guide.py::test_apply_all_is_the_guides_files_in_the_guides_order",
                                              "deploy/test_guide.py::test_rendered_files_are_what_their_templates_say"]),
    "K11": ("three edges, one behaviour", ["deploy/test_rules.py::test_the_three_edges_say_the_same"]),
    "K12": ("no secret in a file", ["deploy/test_rules.py::test_no_file_has_what_looks_like_a_secret"]),
    "K13": ("images by digest", ["deploy/test_rules.py::test_overlays_for_clusters_pin_the_image_by_its_digest_and_pull_it",
                                 "deploy/test_scripts.py::test_an_overlay_without_an_image_of_its_own_is_not_applied"]),
    "K14": ("who may speak to whom", ["deploy/test_rules.py::test_the_policy_lets_through",
                                      "deploy/test_rules.py::test_a_namespace_of_its_own_denies_what_no_policy_allows"]),
    "K15": ("probes while servers are away", [
        "system/test_fleet_faults.py::test_without_the_database_nothing_is_acknowledged_and_nothing_is_lost",
        "system/test_fleet_faults.py::test_without_redis_the_fleet_goes_on_and_says_so",
        "system/test_fleet_faults.py::test_only_a_pod_that_alone_lost_the_database_leaves_the_rotation"]),
    "K16": ("requests under way at the end are answered",
            ["system/test_generations.py::test_fifty_requests_of_five_seconds_are_all_answered_while_the_shop_ends"]),
    "K17": ("all pods replaced under load", ["system/test_fleet_edge.py::test_every_pod_is_replaced_under_load_and_no_request_fails"]),
    "K18": ("a killed worker", ["system/test_generations.py::test_kill_9_loses_at_most_what_was_in_flight_and_the_successor_is_soon_there"]),
    "K19": ("a worker that hangs", ["system/test_supervisor.py::test_a_worker_that_hangs_is_seen_and_replaced_while_the_others_serve"]),
    "K20": ("counts over all workers are exact",
            ["system/test_metrics.py::test_requests_are_counted_over_all_workers_and_across_the_end_of_one"]),
    "K21": ("figures in both formats", ["system/test_metrics.py::test_both_text_formats_by_accept",
                                        "deploy/test_program.py::test_the_probes_of_the_manifest_answer_and_promtool_likes_the_metrics"]),
    "K22": ("queries name metrics that there are", ["deploy/test_program.py::test_alerts_and_dashboards_name_only_metrics_that_there_are",
                                                    "deploy/test_program.py::test_promtool_understands_every_query"]),
    "K23": ("each alert rings and stops", ["deploy/test_alerts.py::test_an_alert_rings_while_it_is_bad_and_at_no_other_time",
                                           "deploy/test_alerts.py::test_a_budget_that_burns_rings_and_stops"]),
    "K24": ("settings that are swapped while it runs",
            ["system/test_reload.py::test_a_swapped_directory_takes_effect_in_all_workers_and_a_broken_one_changes_nothing"]),
    "K25": ("secrets are exchanged without a refused call", [
        "system/test_reload.py::test_keys_of_tokens_are_exchanged_without_a_signed_in_person_noticing",
        "system/test_reload.py::test_a_rotated_password_of_the_database_costs_no_request"]),
    "K26": ("limits over all processes", ["system/test_fleet_limits.py::test_all_pods_admit_the_limit_together_and_refuse_nobody_below_it",
                                          "system/test_fleet_limits.py::test_the_limit_holds_while_redis_is_killed_and_comes_back",
                                          "system/test_fleet_edge.py::test_a_limit_holds_for_an_address_whichever_way_it_comes"]),
    "K27": ("hashing is stable, reads are asked again elsewhere", [
        "deploy/test_edge.py::test_most_addresses_keep_their_pod_when_one_comes_or_goes",
        "deploy/test_edge.py::test_a_read_is_asked_again_at_another_pod_and_a_write_never",
        "deploy/test_edge.py::test_no_more_pods_than_the_limit_are_tried",
        "system/test_fleet_wandering.py::test_a_purchase_with_each_request_at_another_pod",
        "system/test_fleet_wandering.py::test_when_a_pod_comes_or_goes_its_share_of_the_visitors_moves_and_nobody_else"]),
    "K28": ("the autoscaler, 3 to 15 and back",
            ["deploy/test_autoscaler.py::test_a_rush_takes_it_to_the_most_within_three_minutes_and_an_hour_brings_it_back",
             "system/test_fleet_scaling.py::test_the_fleet_grows_to_fifteen_under_load_and_shrinks_to_three_and_nobody_notices"]),
    "K29": ("memory after a peak", ["system/test_fleet_edge.py::test_after_the_load_the_memory_of_a_pod_lets_the_autoscaler_go_down",
                                    "deploy/test_autoscaler.py::test_memory_that_the_shop_holds_at_rest_lets_it_go_down_to_three"]),
    "K30": ("read-only root, no capabilities", ["deploy/test_image.py::test_it_serves_with_a_read_only_root_and_no_capabilities_and_drains"]),
    "K31": ("a disruption is allowed at every size", ["deploy/test_guide.py::test_a_disruption_is_allowed_at_every_size_of_the_fleet"]),
    "K32": ("the quota holds the peak", ["deploy/test_rules.py::test_the_quota_is_above_the_peak"]),
    "K33": ("deploy.sh", [f"deploy/test_scripts.py::test_{name}" for name in (
        "a_first_installation_applies_everything_and_starts_with_five", "an_update_leaves_the_number_of_pods_to_the_autoscaler",
        "an_update_that_does_not_serve_is_taken_back", "an_overlay_without_an_image_of_its_own_is_not_applied",
        "the_finished_job_of_the_version_before_makes_room_for_the_next", "a_secret_that_would_not_do_stops_it_before_anything_changes",
        "namespace_context_and_image_reach_the_cluster", "dry_run_asks_the_server_and_changes_nothing")]),
    "K34": ("canary.sh", [f"deploy/test_delivery_scripts.py::test_{name}" for name in (
        "a_sibling_runs_what_the_one_that_serves_runs_whatever_made_it", "where_pods_wait_for_the_schema_it_is_changed_first",
        "a_pod_that_leaves_while_it_is_counted_ends_nothing", "counts_of_pods_are_compared_pod_by_pod",
        "a_canary_that_never_had_a_route_can_be_taken_away", "a_canary_starts_without_traffic_and_takes_steps", "a_canary_that_fails_more_is_aborted_before_it_is_deleted",
        "a_canary_that_does_no_worse_is_promoted")]),
    "K35": ("connections are counted", ["system/test_mariadb.py::test_too_few_connections_for_the_fleet_are_said_at_the_start",
                                        "deploy/test_guide.py::test_peak_pods_are_the_most_and_their_surge"]),
    "K36": ("complete traces, the last one before the end among them", [
        "system/test_tracing.py::test_a_checkout_is_one_tree_from_the_request_to_the_job_that_its_event_sets_off",
        "system/test_tracing.py::test_spans_are_flushed_when_the_shop_ends",
        "system/test_fleet_edge.py::test_the_spans_of_a_pod_that_leaves_arrive_with_the_last_one"]),
    "K37": ("log lines name the trace", ["system/test_tracing.py::test_log_lines_name_the_trace",
                                         "system/test_lifecycle.py::test_logs_are_one_json_object_a_line"]),
    "K38": ("nothing for debugging without a token", ["system/test_admin_port.py::test_without_a_token_nothing_is_changed"]),
    "K39": ("the guide's oldest version takes its files", ["deploy/test_schemas.py::test_the_guides_files_work_on_the_guides_oldest_version"]),
    "K40": ("each known mistake is found", ["deploy/test_acceptance.py::test_a_known_mistake_is_found", "deploy/test_schemas.py::test_the_schemas_refuse",
                                            "deploy/test_rules.py::test_rule_bites"]),
}


@functools.cache
def names_of(path):
    tree = ast.parse((ROOT / "tests" / path).read_text())
    return {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_there_are_forty_rows():
    assert list(ROWS) == [f"K{number:02}" for number in range(1, 41)]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_tests_that_exist(row):
    promise, tests = ROWS[row]
    assert promise and tests
    for path, _, name in [each.partition("::") for each in tests]:
        assert name in names_of(path), f"{row} ({promise}): {path} has no {name}"


# Mistakes that manifests of this kind have been seen with, and which of our checks finds each: a rule, a schema, or a look below.
RULES_AND_SCHEMAS = {
    "replicas beside an autoscaler": "deployment-targeted-by-hpa-does-not-have-replicas-configured",
    "an autoscaler whose target is elsewhere": "dangling-hpa",
    "a strategy below the pod template": "a strategy below the pod template",
    "affinity on a Service without an address": "affinity-on-headless-service",
    "a probe on a port that nobody declared": "liveness-port",
    "one probe for three questions": "pod-probes-identical",
    "a budget that lets no pod go": "pdb-min-available",
    "a Service that selects nothing": "dangling-service",
    "an image without a version": "container-image-tag",
    "a grace that the hook before the end eats": "grace-beyond-prestop",
    "a password in a ConfigMap": "sensitiveConfigmapContent",
    "a secret as an environment variable": "env-var-secret",
}


def ingress_with(key, value):
    annotations = {**one(guide(), "Ingress")["metadata"]["annotations"], key: value}
    unknown = set(annotations) - KNOWN
    hashed = annotations["nginx.ingress.kubernetes.io/upstream-hash-by"]
    return bool(unknown) or hashed not in ("$remote_addr", "$binary_remote_addr", "$http_x_forwarded_for")


def dns_is_cut():
    policy = {"spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{
        "to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]}}],
        "ports": [{"protocol": "UDP", "port": 53}]}]}}
    return not allows([policy], {"app": NAME}, "Egress", 53, protocol="UDP", pod={"k8s-app": "kube-dns"}, namespace="kube-system")


def refused_by_kubectl(installed, command):
    return installed.run(command).returncode != 0


SEEN = {
    "a hash by a variable that nginx does not have": lambda _: ingress_with("nginx.ingress.kubernetes.io/upstream-hash-by", "$client_real_ip"),
    "a health check by an annotation that nobody reads": lambda _: ingress_with("nginx.ingress.kubernetes.io/health-check-path", "/health"),
    "a limit by an annotation that nobody reads": lambda _: ingress_with("nginx.ingress.kubernetes.io/limit-conn", "100"),
    "a policy that shuts out the cluster's own names": lambda _: dns_is_cut(),
    "a key of the Secret that it does not have": lambda installed: refused_by_kubectl(
        installed, "kubectl get secret caddy-shopping-secrets -o jsonpath='{.data.JWT_SECRET_KEY}'"),
    "a forward to a port that the Service does not have": lambda installed: refused_by_kubectl(
        installed, "kubectl port-forward service/caddy-shopping-backend-service 3000:3000"),
}


@pytest.mark.parametrize("mistake", {**RULES_AND_SCHEMAS, **SEEN})
def test_a_known_mistake_is_found(mistake, installed):  # noqa: F811
    if mistake in SEEN:
        assert SEEN[mistake](installed)
    else:
        assert RULES_AND_SCHEMAS[mistake] in {**BREAKS, **BROKEN}   # where it is shown to bite


def test_pods_run_on_any_node():
    """A selector of labels that nodes do not have by themselves leaves every pod waiting."""
    pod = one(guide(), "Deployment")["spec"]["template"]["spec"]
    assert "nodeSelector" not in pod and "nodeAffinity" not in pod.get("affinity", {})
