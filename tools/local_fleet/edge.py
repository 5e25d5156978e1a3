"""nginx as the edge, with the settings that the Ingress gives to its controller."""
import os
import signal
import time

from tools.local_fleet.process import Process, children, get

# What a browser says of the request's way is not believed: the edge says it anew.
HEADERS = """proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;"""


def configuration(settings, pods, listen="80", limits=True, top="", scratch="/tmp"):
    """nginx.conf for `pods` (host:port each), from the annotations `settings` of the Ingress, as its controller would write it.

    `top` goes to the head of the file; `scratch` is a folder that nginx may write into.
    """
    rate, per_minute, burst = (int(settings[name]) for name in ("limit-rps", "limit-rpm", "limit-burst-multiplier"))
    shield = f"""limit_req zone=rps burst={rate * burst} nodelay;
        limit_req zone=rpm burst={per_minute * burst} nodelay;
        limit_conn connections {settings["limit-connections"]};""" if limits else ""
    # max_fails=0: whether a pod is there is for its probes to say, not for single requests.
    servers = "\n        ".join(f"server {pod} max_fails=0;" for pod in pods) or "server 127.0.0.1:9 down;"
    temporary = "\n    ".join(f"{kind}_temp_path {scratch}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""{top}worker_processes 1;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    {temporary}
    # Limits of one address at this edge: a shield before the shop's own, which count over all pods.
    limit_req_zone $binary_remote_addr zone=rps:5m rate={rate}r/s;
    limit_req_zone $binary_remote_addr zone=rpm:5m rate={per_minute}r/m;
    limit_conn_zone $binary_remote_addr zone=connections:5m;
    limit_req_status 429;
    limit_conn_status 429;
    upstream pods {{
        hash {settings["upstream-hash-by"]} consistent;
        {servers}
    }}
    server {{
        listen {listen} backlog=1024;
        client_max_body_size {settings["proxy-body-size"]};
        {shield}
        location / {{
            proxy_pass http://pods;
            proxy_http_version 1.1;
            {HEADERS}
            proxy_connect_timeout {settings["proxy-connect-timeout"]}s;
            proxy_read_timeout {settings["proxy-read-timeout"]}s;
            proxy_send_timeout {settings["proxy-send-timeout"]}s;
            # What may not be repeated (POST, PATCH) is never sent to a second pod.
            proxy_next_upstream {settings["proxy-next-upstream"]};
            proxy_next_upstream_tries {settings["proxy-next-upstream-tries"]};
            proxy_next_upstream_timeout {settings["proxy-next-upstream-timeout"]}s;
        }}
    }}
}}
"""


class Edge:
    """REQUIRES: Debian's nginx."""

    def __init__(self, folder, port, settings, pods=(), limits=True):
        self.folder, self.port, self.settings, self.limits = folder, port, settings, limits
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pods = None
        self.process = None
        self.follow(pods)

    def start(self):
        self.process = Process("nginx", ["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log",
                                         "-g", "daemon off;"], self.folder / "nginx.log")
        self.process.wait_until(lambda: get(self.port, "/")[0] != 0, 60, "an answer")
        return self

    def follow(self, pods):
        """From now on new requests go to these alone; those under way end where they are."""
        if pods == self.pods:
            return
        self.pods = pods
        user = "user root;\n" if os.geteuid() == 0 else ""   # else its workers could not write into our folder
        text = configuration(self.settings, pods, f"127.0.0.1:{self.port}", self.limits,
                             f"{user}pid {self.folder}/nginx.pid;\nerror_log {self.folder}/error.log;\n", self.folder)
        (self.folder / "nginx.conf").write_text(text)
        if self.process:
            before = set(children(self.process.pid))
            self.process.send(signal.SIGHUP)
            # Old workers accept nothing once a new one is there; they stay as long as they have requests.
            self.process.wait_until(lambda: set(children(self.process.pid)) - before, 60, "the new generation")
            time.sleep(0.1)

    def stop(self):
        if self.process:
            self.process.end(signal.SIGQUIT, 5)
