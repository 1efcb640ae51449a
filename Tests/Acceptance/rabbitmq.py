#!/usr/bin/python3
"""RabbitMQ's MQTT as the broker: three nodes, each killed once while the gateway sends: nothing is lost.

    rabbitmq.py [--seconds 12] [--rounds 3]

Debian's rabbitmq-server (3.10: MQTT 3.1.1) is unpacked below .build/ and runs as three nodes with
names, ports, cookie and data of their own. Subscriptions are quorum queues (mqtt.durable_queue_type),
so that PUBACK means that two of three nodes have it on disk. The gateway knows all three and begins
with the first, the subscriber begins with the second. In each round one node is killed with SIGKILL,
stays away for a while and comes back: first the gateway's, then the subscriber's, then the third.

Required: every sample that the field gave is at the subscriber, under one identity, without a hole.
Exit code 0 when all holds, 1 when not, 2 when the run could not be made.
"""

import argparse
import contextlib
import os
import pathlib
import secrets
import socket
import subprocess
import sys
import time

import cabinet
import field
import judge
import processes
from ledger import Ledger
from subscriber import Subscriber, feed

NODES = 3
#: How long a node may take to start or to come back into the cluster, in seconds.
START = 180
#: How long a killed node stays away, in seconds.
AWAY = 5
#: How long the gateway may take to find another node and to be current again, in seconds.
CATCH_UP = 180
CURRENT = 3
#: What a poll under way when SIGTERM comes may be short of; what a time relative to a late arrival may
#: be off, in seconds.
LAST_POLL, DELAY = 0.25, float(CATCH_UP)


class Node(processes.Child):
    """One node, in the foreground, so that its pid is the virtual machine's."""

    def __init__(self, number, cluster):
        self.number, self.cluster = number, cluster
        folder = cluster.folder / f"node-{number}"
        folder.mkdir()
        (folder / "plugins").write_text("[rabbitmq_mqtt].\n")
        port = cluster.mqtt_ports[number]
        lines = [
            "listeners.tcp = none", f"mqtt.listeners.tcp.1 = 127.0.0.1:{port}", "mqtt.durable_queue_type = quorum",
            "cluster_formation.peer_discovery_backend = classic_config", "cluster_partition_handling = pause_minority",
            "log.console = true", "log.console.level = warning", "log.file = false",
        ]
        lines += [f"cluster_formation.classic_config.nodes.{n + 1} = trial{n}@localhost" for n in range(NODES)]
        (folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        self.environment = cluster.environment | {
            "RABBITMQ_NODENAME": f"trial{number}@localhost", "RABBITMQ_DIST_PORT": str(cluster.distribution_ports[number]),
            "RABBITMQ_MNESIA_BASE": f"{folder}/data", "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf", "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/none.config", "RABBITMQ_CONF_ENV_FILE": f"{folder}/none.conf",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/generated",
            "RUNNING_UNDER_SYSTEMD": "yes",  # exec: no shell between us and the virtual machine
        }
        command = ["env", *(f"{key}={value}" for key, value in self.environment.items()), cluster.program("rabbitmq-server")]
        super().__init__(f"node-{number}", command, cluster.folder)

    def is_running(self):
        """Whether it takes MQTT connections and the cluster has all its nodes."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.cluster.mqtt_ports[self.number]), 1):
            return len(self.cluster.running(self)) == NODES
        return False

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.cluster.mqtt_ports[self.number]), 1):
            return True
        return False


class Cluster:
    """Three nodes and the port mapper they find each other with."""

    def __init__(self, folder, stack):
        self.folder = folder
        root = subprocess.run(
            [processes.REPOSITORY / "Tests" / "Support" / "rabbitmq"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()
        self._root = root
        (folder / ".erlang.cookie").write_text(secrets.token_hex(16))
        (folder / ".erlang.cookie").chmod(0o400)
        ports = [stack.enter_context(processes.free_port()) for _ in range(2 * NODES + 1)]
        self.mqtt_ports, self.distribution_ports, mapper = ports[:NODES], ports[NODES:-1], ports[-1]
        self.environment = {
            "HOME": str(folder), "ERL_EPMD_PORT": str(mapper), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "PATH": f"{root}/usr/lib/erlang/bin:{os.environ['PATH']}", "LANG": "C.UTF-8",
        }
        epmd = ["env", "ERL_EPMD_ADDRESS=127.0.0.1", f"{root}/usr/lib/erlang/bin/epmd", "-port", mapper]
        stack.enter_context(processes.Child("epmd", epmd, folder, mapper))
        self.nodes = [Node(number, self) for number in range(NODES)]
        for node in self.nodes:
            stack.enter_context(node)
            await_it(node, node.listens, f"{node.name} to listen")
        for node in self.nodes:
            await_it(node, node.is_running, f"{node.name} in the cluster")

    def program(self, name):
        return f"{self._root}/usr/lib/rabbitmq/lib/rabbitmq_server-3.10.8/sbin/{name}"

    def ask(self, node, program, *words):
        command = [self.program(program), "--silent", *words]
        answer = subprocess.run(
            command, env=node.environment, capture_output=True, text=True, timeout=60, check=False
        )
        return answer.stdout if answer.returncode == 0 else ""

    def running(self, node):
        """The nodes that a node sees running."""
        return self.ask(node, "rabbitmqctl", "eval", "io:format(\"~p~n\", [rabbit_nodes:all_running()]).").split("@localhost")[1:]

    def queues(self, node):
        """Name and kind of the queues."""
        return [line.split("\t") for line in self.ask(node, "rabbitmqctl", "list_queues", "--no-table-headers", "name", "type").splitlines()]


def await_it(node, holds, what):
    deadline = time.monotonic() + START
    while not holds():
        node.check_alive(0.5)
        if time.monotonic() > deadline:
            raise RuntimeError(f"no {what} within {START} s\n{node.tail()}")


def play(options):
    verdict = judge.Verdict()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.own_folder(options.keep))
        field_port = stack.enter_context(processes.free_port())
        cluster = Cluster(folder, stack)
        simulated = stack.enter_context(processes.field(folder, field_port))
        ledger = Ledger(time_tolerance=DELAY)
        second, third, first = (cluster.mqtt_ports[number] for number in (1, 2, 0))
        subscriber = stack.enter_context(
            Subscriber("127.0.0.1", second, ["armadio/+/telemetry"], "3.1.1", feed(ledger), other_ports=(third, first))
        )
        kinds = {kind for name, kind in cluster.queues(cluster.nodes[0])}
        verdict.fact("queues of subscriptions", ", ".join(sorted(kinds)))
        verdict.require(kinds == {"quorum"}, "the subscription is no quorum queue: a killed node may forget")
        brokers = ", ".join(f'"mqtt://127.0.0.1:{port}"' for port in (first, second, third))
        settings = cabinet.settings(
            folder, first, field_port, interval="100ms", registers=10, mqtt=options.mqtt, commit_after="1s",
            brokers=f"[{brokers}]" if options.brokers == "all" else None, uplink=", keep-alive: 5s",
        )
        gateway = stack.enter_context(processes.gateway(options.armadio, folder, settings))

        def current(seconds):
            began = time.monotonic()
            subscriber.wait_until(lambda: ledger.newest > time.time() - CURRENT, seconds, "current readings")
            return round(time.monotonic() - began, 1)

        try:
            current(30)
            for number in range(options.rounds):
                node = cluster.nodes[number % NODES]
                gateway.check_alive(options.seconds)
                node.kill()
                gateway.check_alive(AWAY)
                node.start()
                await_it(node, node.is_running, f"{node.name} back in the cluster")
                verdict.fact(f"{node.name} killed: current again after s, it was back", current(CATCH_UP))
            gateway.check_alive(options.seconds)
            current(CATCH_UP)
            ended = time.time_ns()
            code, seconds = gateway.terminate(6)
            verdict.fact("SIGTERM to exit s", round(seconds, 2))
            verdict.require(code == 0, f"exit code after SIGTERM: {code}, must be 0 within 6 s")
            subscriber.fence()
            verdict.require(not subscriber.session_lost, "RabbitMQ lost the subscriber's session")
            if simulated.terminate(10)[0] != 0:
                raise RuntimeError("the field ended badly: no ground truth")
            polls = field.read_log(processes.truth(folder, field_port))
            judge.identities(verdict, ledger, 1, redelivery=True, ordered=False, delay=DELAY)
            judge.samples(verdict, ledger, polls, lambda poll: poll.ns <= ended - LAST_POLL * 1e9, DELAY)
        finally:
            if verdict.failures or sys.exc_info()[0]:
                print(f"  the gateway's last words:\n{gateway.tail()}", file=sys.stderr)
    return verdict


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12, help="how long all is well between two kills")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--brokers", choices=("all", "first"), default="all", help="which nodes the gateway knows")
    parser.add_argument("--mqtt", choices=("auto", "3.1.1"), default="auto", help="what the gateway speaks")
    parser.add_argument("--armadio", type=pathlib.Path, default=processes.REPOSITORY / ".build" / "release" / "armadio")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and journal in a folder of the run in here")
    return parser.parse_args()


def main():
    options = _options()
    processes.end_on_sigterm()
    processes.build_programs()
    return judge.conclude("rabbitmq", lambda: play(options))


if __name__ == "__main__":
    sys.exit(main())
