#!/usr/bin/python3
"""The receiver against a real broker: what it would miss, it could not accuse the gateway of."""

import contextlib
import os
import pathlib
import select
import signal
import subprocess
import sys
import unittest

import paho.mqtt.publish as publish

import processes
from ledger import Ledger
from subscriber import Subscriber, feed

EPOCH = "0123456789abcdef-1"


class SubscriberTests(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        folder = stack.enter_context(processes.own_folder())
        self.port = stack.enter_context(processes.free_port())
        self.broker = stack.enter_context(processes.broker(folder, self.port))
        self.stack = stack
        self.ledger = Ledger()

    def subscribe(self, protocol):
        subscriber = Subscriber("127.0.0.1", self.port, ["armadio/+/telemetry"], protocol, feed(self.ledger))
        return self.stack.enter_context(subscriber)

    def send(self, first, count=1):
        packs = [
            f'[{{"n":"g/unit-1/r000","v":{at},"bt":1800000000,"t":{at},"epoch":"{EPOCH}","first":{at},"count":1}}]'
            for at in range(first, first + count)
        ]
        publish.multiple([("armadio/g/telemetry", pack, 1, False) for pack in packs], "127.0.0.1", self.port)

    def test_fence_returns_behind_all_that_was_published(self):
        for protocol in ("5", "3.1.1"):
            with self.subTest(protocol):
                self.ledger = Ledger()
                subscriber = self.subscribe(protocol)
                self.send(0, 200)
                subscriber.fence()
                self.assertEqual(self.ledger.report()["readings"], 200)

    def test_misses_nothing_of_a_broker_that_was_away(self):
        for protocol in ("5", "3.1.1"):
            with self.subTest(protocol):
                self.ledger = Ledger()
                subscriber = self.subscribe(protocol)
                self.send(0, 50)
                self.assertEqual(self.broker.terminate(10)[0], 0)
                self.broker.start()
                self.send(50, 50)  # before the subscriber is back, as a rule
                subscriber.fence()
                self.assertEqual((self.ledger.report()["readings"], self.ledger.holes()), (100, []))
                self.assertFalse(subscriber.session_lost)

    def test_knows_when_a_broker_forgot_its_session(self):
        subscriber = self.subscribe("5")
        self.broker.terminate(10)
        store = next(self.broker.log.parent.glob("mosquitto-*/mosquitto.db"))
        store.unlink()
        self.broker.start()
        subscriber.fence()
        self.assertTrue(subscriber.session_lost)

    def test_children_end_with_a_run_that_is_killed(self):
        program = (
            "import sys, processes\n"
            "with processes.own_folder(sys.argv[1]) as folder, processes.free_port() as port:\n"
            "    with processes.broker(folder, port) as broker:\n"
            "        print(broker.pid, flush=True)\n"
            "        sys.stdin.read()\n"
        )
        keep = self.stack.enter_context(processes.own_folder())
        here = pathlib.Path(__file__).parent
        run = subprocess.Popen(
            [sys.executable, "-c", program, str(keep)], cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.stack.callback(run.communicate)
        child = os.pidfd_open(int(run.stdout.readline()))
        self.stack.callback(os.close, child)
        run.send_signal(signal.SIGKILL)
        ended, _, _ = select.select([child], [], [], 5)
        self.assertEqual(ended, [child])


if __name__ == "__main__":
    unittest.main()
