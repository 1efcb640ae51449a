#!/usr/bin/python3
"""Metrics by the real thing: promtool's checks, and a Prometheus that scrapes a running gateway.

    metrics.py rules    the alert rules, by promtool and its unit tests; each alert has one
    metrics.py scrape   what a running gateway gives, checked by promtool, and its HTTP
    metrics.py alert    a Prometheus with the rules and the dashboard's queries: the broker ends, and
                        the alert fires
    metrics.py all      all of them
"""

import argparse
import contextlib
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import processes
from processes import REPOSITORY

FOLDER = REPOSITORY / "Sources" / "Gateway" / "Metrics"
TESTS = REPOSITORY / "Tests" / "Acceptance" / "alerts_test.yaml"
#: How long something may take to come, in seconds.
PATIENCE = 60


def require(is_so, what):
    if not is_so:
        raise SystemExit(f"metrics: {what}")


def run(*argv, text=None):
    done = subprocess.run([str(part) for part in argv], input=text, capture_output=True, text=True)
    require(done.returncode == 0, f"{' '.join(map(str, argv))}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def until(what, fits):
    """Waits until something is so; what it was then."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = fits()
        if value:
            return value
        require(time.monotonic() < deadline, f"{what}: not within {PATIENCE} s")
        time.sleep(0.1)


# Rules


def rules():
    alerts = re.findall(r"alert: (\w+)", (FOLDER / "alerts.yaml").read_text())
    tested = set(re.findall(r'alertname="(\w+)"', TESTS.read_text()))
    require(set(alerts) == tested, f"alerts without a test: {sorted(set(alerts) ^ tested)}")
    require(len(alerts) == len(set(alerts)), "an alert is there twice")
    run("promtool", "check", "rules", FOLDER / "alerts.yaml")
    run("promtool", "test", "rules", TESTS)
    print(f"rules: {len(alerts)} alerts, each quiet and firing as it should")


# A gateway


def settings(folder, broker_port, field_port, listen):
    path = folder / "cabinet.yaml"
    path.write_text(
        f"""gateway: cabinet-0042
uplink: {{broker: "mqtt://127.0.0.1:{broker_port}", batch: {{age: 200ms}}}}
journal: {{path: {folder}/journal, commit-after: 500ms}}
control: {{socket: {folder}/control.sock}}
metrics: {{listen: "127.0.0.1:{listen}"}}
telemetry: {{interval: 1s}}
buses:
  plc: {{modbus-tcp: {{host: 127.0.0.1, port: {field_port}}}, response-timeout: 300ms}}
devices:
  meter-1:
    {{driver: register-map, bus: plc, unit-id: 1, interval: 200ms, points: {{a: {{holding: 1}}}}}}
  mute: {{driver: register-map, bus: plc, unit-id: 9, points: {{a: {{holding: 1}}}}}}
"""
    )
    return path


class Scene:
    """A field, a broker and a gateway that serves its metrics."""

    def __init__(self, stack, program):
        self.folder = stack.enter_context(processes.own_folder())
        ports = [stack.enter_context(processes.free_port()) for _ in range(3)]
        field = [program, "simulate", "modbus", "--port", ports[0], "--units", "1"]
        stack.enter_context(processes.Child("field", field, self.folder, ports[0]))
        self.broker = stack.enter_context(processes.broker(self.folder, ports[1]))
        self.port = ports[2]
        path = settings(self.folder, ports[1], ports[0], self.port)
        self.gateway = stack.enter_context(processes.gateway(program, self.folder, path))
        self.gateway.port = self.port
        self.gateway._await_port()
        until("the link", lambda: self.value("armadio_uplink_up") == 1)

    def get(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def value(self, name):
        """Of a metric's first sample."""
        found = re.search(rf"^{name}(?:{{.*}})? (\S+)$", self.get("/metrics")[2], re.M)
        return float(found[1]) if found else None


def scrape(program):
    with contextlib.ExitStack() as stack:
        scene = Scene(stack, program)
        until("a silent device", lambda: 'armadio_device_up{device="mute",bus="plc"} 0' in scene.get("/metrics")[2])
        status, headers, text = scene.get("/metrics")
        require(status == 200, f"/metrics: {status}")
        kind = "text/plain; version=0.0.4; charset=utf-8"
        require(headers["Content-Type"] == kind, f"type {headers['Content-Type']}")
        complaints = run("promtool", "check", "metrics", text=text)
        require(complaints == "", f"promtool check metrics:\n{complaints}")
        listed = set(re.findall(r"^\| `(\w+)` \| \w+ \|", (FOLDER / "metrics.md").read_text(), re.M))
        families = set(re.findall(r"^# TYPE (\w+) ", text, re.M))
        require(families <= listed, f"not in metrics.md: {families - listed}")
        require(scene.get("/health")[::2] == (200, "degraded\n"), "/health")
        require(scene.get("/ready")[::2] == (200, "ready\n"), "/ready")
        require(scene.get("/metrics", "HEAD")[::2] == (200, ""), "HEAD /metrics")
        require(scene.get("/metrics", "POST")[0] == 405, "POST /metrics")
        require(scene.get("/")[0] == 404, "/")
        over_socket = run(
            "curl", "-sf", "--unix-socket", scene.folder / "metrics.sock", "http://armadio/health"
        )
        require(over_socket == "degraded\n", "the Unix socket")
        cost(scene)
        series = len(re.findall(r"^[^#]", text, re.M))
        print(f"scrape: {len(families)} families, {series} series, {len(text)} bytes, and promtool finds no fault")


def cost(scene, scrapes=500):
    """Prints what a scrape takes. One that asks a device would cost its time-out."""
    before, began = scene.value("process_cpu_seconds_total"), time.monotonic()
    for _ in range(scrapes):
        scene.get("/metrics")
    seconds = scene.value("process_cpu_seconds_total") - before
    print(
        f"scrape: {(time.monotonic() - began) / scrapes * 1e3:.2f} ms each, "
        f"{seconds / scrapes * 1e3:.2f} ms of processor; "
        f"{scene.value('process_resident_memory_bytes') / 1e6:.1f} MB"
    )


# Prometheus


def prometheus(scene, port):
    """A server with the rules, which wait for seconds in place of minutes."""
    short = re.sub(r"for: \w+", "for: 1s", (FOLDER / "alerts.yaml").read_text())
    (scene.folder / "alerts.yaml").write_text(short)
    (scene.folder / "prometheus.yaml").write_text(
        f"""global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: armadio
    static_configs: [{{targets: ["127.0.0.1:{scene.port}"], labels: {{instance: cabinet-0042}}}}]
"""
    )
    run("promtool", "check", "config", scene.folder / "prometheus.yaml")
    argv = [
        shutil.which("prometheus"), f"--config.file={scene.folder}/prometheus.yaml",
        f"--storage.tsdb.path={scene.folder}/prometheus", f"--web.listen-address=127.0.0.1:{port}",
    ]
    return processes.Child("prometheus", argv, scene.folder, port)


def ask(port, path, **query):
    """What Prometheus answers; nothing while it starts."""
    url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        require(error.code == 503, f"{url}: {error}: {error.read().decode()}")
        return {"alerts": [], "result": []}


def firing(port):
    alerts = ask(port, "alerts")["alerts"]
    return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


def dashboard_queries():
    """The dashboard's queries, with its variables set."""
    text = (FOLDER / "grafana.json").read_text()
    variables = {"$cabinet": "cabinet-0042", "$job": "armadio", "$__rate_interval": "10s", "[5m]": "[10s]"}
    for panel in json.loads(text)["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            for name, value in variables.items():
                query = query.replace(name, value)
            yield panel["title"], query


def check_dashboard(port):
    """Every query is understood, and all have data but those of what this machine has not."""
    absent = {"Worst cards", "Card's life used", "Watchdog fed", "Mains"}
    count = 0
    for title, query in dashboard_queries():
        count += 1
        result = until(title, lambda: ask(port, "query", query=query)["result"] or title in absent)
        require(title not in absent or result is True, f"{title} has data: take it off the list")
    return count


def alert(program):
    with contextlib.ExitStack() as stack:
        scene = Scene(stack, program)
        port = stack.enter_context(processes.free_port())
        stack.enter_context(prometheus(scene, port))
        until("the alert of the silent device", lambda: "ArmadioDeviceSilent" in firing(port))
        require("ArmadioLinkDown" not in firing(port), "ArmadioLinkDown fires while the link is up")
        count = check_dashboard(port)
        scene.broker.terminate(10)
        until("the alert of the link", lambda: "ArmadioLinkDown" in firing(port))
        scene.broker.start()
        until("the end of the alert", lambda: "ArmadioLinkDown" not in firing(port))
        scene.gateway.terminate(20)
        until("the alert of the gateway", lambda: "ArmadioUnreachable" in firing(port))
        print(f"alert: the link's alert fired and ended, the gateway's fired; {count} queries of the dashboard answered")


def main():
    processes.end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["rules", "scrape", "alert", "all"])
    parser.add_argument("--program", type=pathlib.Path, default=REPOSITORY / ".build" / "release" / "armadio")
    options = parser.parse_args()
    if options.what in ("rules", "all"):
        rules()
    if options.what in ("scrape", "all"):
        scrape(options.program)
    if options.what in ("alert", "all"):
        alert(options.program)


if __name__ == "__main__":
    main()
