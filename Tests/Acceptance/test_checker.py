#!/usr/bin/python3
"""The checker checked: synthetic messages, each fault of a gateway must be noticed."""

import json
import random
import tempfile
import unittest

import field
import judge
import senml
from ledger import Ledger

START = 1_800_000_000
EPOCH = "0123456789abcdef-1"


def polls(seconds=5, units=2, registers=3):
    """What the field's log would say."""
    found = []
    for second in range(seconds):
        for unit in range(1, units + 1):
            ns = (START + second) * 10**9 + unit * 3_000_000
            found.append(field.Poll(ns, unit, 0, registers, ns // field.TICK_NS % field.WRAP, 3, 7, 0))
    return found


def records(poll):
    """What a gateway makes of a poll."""
    for sample in poll.samples():
        yield {
            "n": f"unit-{sample.unit}/r{sample.address:03}",
            "v": field.value(sample.unit, sample.address, sample.tick % field.WRAP),
            "t": round(poll.ns / 1e9 - START + 0.001, 6),
        }


class Gateway:
    """Numbers readings and packs them: messages as (first, records)."""

    def __init__(self, field_polls, batch=4):
        every = [record for poll in field_polls for record in records(poll)]
        self.messages = [(first, every[first : first + batch]) for first in range(0, len(every), batch)]

    def send(self, ledger, version5=True, epoch=EPOCH):
        for first, pack in self.messages:
            deliver(ledger, first, pack, version5=version5, epoch=epoch)


def deliver(ledger, first, pack, count=None, version5=True, epoch=EPOCH, gateway="g"):
    pack = [dict(record) for record in pack]
    pack[0].update(bn=f"{gateway}/", bt=START)
    identity = {"epoch": epoch, "first": first, "count": len(pack) if count is None else count}
    properties = []
    if version5:
        properties = [("gateway", gateway)] + [(key, str(value)) for key, value in identity.items()]
    else:
        pack[0].update(identity)
    ledger.take("armadio/g/telemetry", json.dumps(pack).encode(), properties, START + 60)


def verdict(ledger, field_polls, redelivery=False, epochs=1, due=lambda poll: True):
    found = judge.Verdict()
    judge.identities(found, ledger, epochs, redelivery)
    judge.samples(found, ledger, field_polls, due)
    return found


class CheckerTests(unittest.TestCase):
    def setUp(self):
        self.polls = polls()
        self.gateway = Gateway(self.polls)
        self.ledger = Ledger()

    def assert_noticed(self, what, **options):
        failures = verdict(self.ledger, self.polls, **options).failures
        self.assertTrue(any(what in failure for failure in failures), failures)

    def test_accepts_what_is_whole(self):
        self.gateway.send(self.ledger)
        found = verdict(self.ledger, self.polls)
        self.assertEqual(found.failures, [])
        self.assertEqual(found.facts["samples due and received"], 30)

    def test_accepts_identity_in_the_first_record(self):
        self.gateway.send(self.ledger, version5=False)
        self.assertEqual(verdict(self.ledger, self.polls).failures, [])

    def test_notices_a_lost_message(self):
        del self.gateway.messages[3]
        self.gateway.send(self.ledger)
        self.assert_noticed("missing in sequence: 4")
        self.assert_noticed("samples missing: 4")

    def test_notices_a_lost_first_message(self):
        del self.gateway.messages[0]
        self.gateway.send(self.ledger)
        self.assert_noticed("missing in sequence: 4")

    def test_notices_a_lost_last_message(self):
        del self.gateway.messages[-1]
        self.gateway.send(self.ledger)
        self.assert_noticed("samples missing: 2")

    def test_notices_a_loss_that_numbering_hides(self):
        del self.polls[4]
        Gateway(self.polls).send(self.ledger)
        self.polls = polls()
        self.assert_noticed("samples missing: 3")

    def test_tells_redelivery_from_contradiction(self):
        self.gateway.messages.insert(4, self.gateway.messages[2])
        self.gateway.send(self.ledger)
        self.assertEqual(verdict(self.ledger, self.polls, redelivery=True).failures, [])
        self.assert_noticed("redelivered, same identity: 4")

    def test_notices_another_value_under_the_same_identity(self):
        first, pack = self.gateway.messages[2]
        self.gateway.send(self.ledger)
        deliver(self.ledger, first, [{**pack[0], "v": pack[0]["v"] ^ 1}, *pack[1:]])
        self.assert_noticed("contradictions: 1", redelivery=True)

    def test_notices_another_time_under_the_same_identity(self):
        first, pack = self.gateway.messages[2]
        self.gateway.send(self.ledger)
        deliver(self.ledger, first, [{**record, "t": record["t"] + 0.02} for record in pack])
        self.assert_noticed("contradictions: 4", redelivery=True)

    def test_notices_another_point_under_the_same_identity(self):
        first, pack = self.gateway.messages[2]
        self.gateway.send(self.ledger)
        deliver(self.ledger, first, [*pack[1:], pack[0]])
        self.assert_noticed("contradictions", redelivery=True)

    def test_notices_a_sample_under_two_identities(self):
        self.gateway.messages.append((30, self.gateway.messages[-1][1]))
        self.gateway.send(self.ledger)
        self.assert_noticed("samples under two identities: 2", redelivery=True)

    def test_notices_a_sample_under_two_epochs(self):
        self.gateway.send(self.ledger)
        deliver(self.ledger, 0, self.gateway.messages[1][1], epoch="0123456789abcdef-2")
        self.assert_noticed("samples under two identities: 4", redelivery=True, epochs=2)

    def test_notices_messages_out_of_order(self):
        messages = self.gateway.messages
        messages[2], messages[3] = messages[3], messages[2]
        self.gateway.send(self.ledger)
        self.assert_noticed("out of order: 1")

    def test_notices_readings_in_the_wrong_sequence(self):
        Gateway([*self.polls[:2], *self.polls[4:6], *self.polls[2:4], *self.polls[6:]]).send(self.ledger)
        self.assert_noticed("times going backwards")

    def test_notices_an_invented_value(self):
        self.gateway.messages[1][1][0]["v"] = 0
        self.gateway.send(self.ledger)
        self.assert_noticed("readings the field never gave: 1")
        self.assert_noticed("samples missing: 1")

    def test_notices_the_value_of_another_point(self):
        pack = self.gateway.messages[1][1]
        pack[0]["v"], pack[1]["v"] = pack[1]["v"], pack[0]["v"]
        self.gateway.send(self.ledger)
        self.assert_noticed("readings the field never gave: 2")

    def test_notices_an_old_value_sent_as_new(self):
        self.gateway.messages[-1][1][-1]["v"] = self.gateway.messages[0][1][-1]["v"]
        self.gateway.send(self.ledger)
        self.assert_noticed("samples missing: 1")

    def test_notices_a_wrong_time(self):
        for _, pack in self.gateway.messages:
            for record in pack:
                record["t"] += 1.5
        self.gateway.send(self.ledger)
        self.assert_noticed("times over 1.0 s from the tick: 30")

    def test_a_gap_record_stands_for_its_readings(self):
        first, pack = self.gateway.messages[3]
        self.gateway.messages[3] = (first, [{"n": "gap", "v": 4}])
        for at, records_ in self.gateway.messages:
            deliver(self.ledger, at, records_, count=4 if at == first else None)
        self.assertEqual(self.ledger.holes(), [])
        self.assert_noticed("given up (gap records): 4")

    def test_a_gap_cannot_reach_beyond_its_message(self):
        deliver(self.ledger, 0, [{"n": "gap", "v": 10**15}], count=1)
        self.assert_noticed("malformed messages: 1")

    def test_a_bad_reading_has_its_place_and_no_value(self):
        self.gateway.messages[1][1][0].pop("v")
        self.gateway.messages[1][1][0].update(n="unit-1/r000/quality", vs="timeout")
        self.gateway.send(self.ledger)
        self.assertEqual(self.ledger.report()["bad_readings"], 1)
        self.assertEqual(self.ledger.holes(), [])
        self.assert_noticed("samples missing: 1")

    def test_notices_a_count_that_is_not_true(self):
        deliver(self.ledger, 0, self.gateway.messages[0][1], count=5)
        self.assert_noticed("malformed messages: 1")

    def test_notices_a_message_without_identity(self):
        pack = [{"n": "g/unit-1/r000", "v": 1}]
        self.ledger.take("armadio/g/telemetry", json.dumps(pack).encode(), [], START)
        self.assert_noticed("malformed messages: 1")

    def test_notices_the_identity_of_another_gateway(self):
        deliver(self.ledger, 0, self.gateway.messages[0][1], gateway="h")
        self.assert_noticed("malformed messages: 1")

    def test_notices_a_second_epoch(self):
        self.gateway.send(self.ledger)
        deliver(self.ledger, 0, self.gateway.messages[0][1], epoch="0123456789abcdef-4")
        self.assert_noticed("2 epochs, must be 1")
        self.assert_noticed("epoch numbers do not count up", epochs=2)

    def test_nothing_received_is_not_a_pass(self):
        self.assert_noticed("samples missing: 30")

    def test_nothing_due_is_not_a_pass(self):
        self.gateway.send(self.ledger)
        self.assert_noticed("nothing was proved", due=lambda poll: False)

    def test_what_is_not_due_may_be_missing(self):
        late = self.polls[-1].ns
        self.gateway.messages = self.gateway.messages[:6]
        self.gateway.send(self.ledger)
        found = verdict(self.ledger, self.polls, due=lambda poll: poll.ns <= late - 10**9)
        self.assertEqual(found.failures, [])
        self.assertEqual((found.facts["samples due"], found.facts["samples not due"]), (24, 6))

    def test_garbage_never_raises(self):
        rng = random.Random(1)
        whole = json.dumps([{"bn": "g/", "bt": START, "n": "unit-1/r000", "v": 1, "epoch": EPOCH, "first": 0, "count": 1}])
        for _ in range(2000):
            payload = bytearray(whole.encode())
            for _ in range(rng.randint(1, 6)):
                payload[rng.randrange(len(payload))] = rng.randrange(256)
            self.ledger.take("armadio/g/telemetry", bytes(payload), [], START)
        self.assertEqual(self.ledger.messages, 2000)


class SenMLTests(unittest.TestCase):
    """RFC 8428's own examples and rules."""

    def test_base_fields_carry_on(self):
        pack = senml.parse(
            b'[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},'
            b'{"n":"current","t":-5,"v":1.2},{"n":"current","v":1.7}]'
        )
        found = senml.resolve(pack, 0)
        self.assertEqual([r.name.rsplit(":", 1)[1] for r in found], ["voltage", "current", "current"])
        self.assertEqual([r.unit for r in found], ["V", "A", "A"])
        self.assertAlmostEqual(found[1].time, 1276020071.001)

    def test_base_value_is_added_and_small_times_are_relative(self):
        found = senml.resolve(senml.parse(b'[{"bn":"a/","bv":10,"n":"b","v":1,"t":-5}]'), START)
        self.assertEqual((found[0].value, found[0].time), (11, START - 5))

    def test_base_name_alone_is_a_name(self):
        self.assertEqual(senml.resolve(senml.parse(b'[{"bn":"a","v":1}]'), 0)[0].name, "a")

    def test_refuses(self):
        for payload in (
            b"", b"{}", b"[]", b"[1]", b'[{"n":"a","v":NaN}]', b'[{"n":"a","v":1,"v":2}]', b'[{"n":"a","v":"1"}]',
            b'[{"n":"a","v":true}]', b'[{"n":"a","v":1,"vs":"x"}]', b'[{"n":"a"}]', b'[{"v":1}]', b'[{"n":"/a","v":1}]',
            b'[{"n":"a","v":1,"x_":1}]', b'[{"n":"a","v":1,"bver":11}]', b'[{"n":"a b","v":1}]', b'[{"n":"a","v":1}',
        ):
            with self.subTest(payload), self.assertRaises(senml.Malformed):
                senml.resolve(senml.parse(payload), 0)


class FieldTests(unittest.TestCase):
    def test_every_value_tells_its_tick(self):
        self.assertEqual(len({field.value(3, 17, tick) for tick in range(field.WRAP)}), field.WRAP)
        rng = random.Random(2)
        for _ in range(1000):
            unit, address, tick = rng.randint(1, 247), rng.randint(0, 999), START * 100 + rng.randrange(10**8)
            found = field.sample(f"g/unit-{unit}/r{address:03}", field.value(unit, address, tick % field.WRAP), tick / 100 + 1)
            self.assertEqual(found, (unit, address, tick))

    def test_reads_the_log(self):
        with tempfile.NamedTemporaryFile() as log:
            log.write(bytes.fromhex("00ca9a3b00000000" "0300" "0000" "6400" "6400" "0300" "0700" "01000000"))
            log.flush()
            (poll,) = field.read_log(log.name)
        self.assertEqual((poll.ns, poll.unit, poll.count, poll.answered), (10**9, 3, 100, False))


if __name__ == "__main__":
    unittest.main()
