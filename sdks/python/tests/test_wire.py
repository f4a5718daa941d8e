"""Values and frames. Whole plugins are tested with a real engine: test/sdk."""

import datetime
import os
import random
import socket
import struct
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from kuiper import _context, _msgpack, _sp  # noqa: E402


class Values(unittest.TestCase):
    def test_each_has_one_form_and_comes_back(self):
        moment = datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
        for value, form in [
            (None, "c0"), (True, "c3"), (5, "05"), (-1, "ff"), (-70000, "d2fffeee90"),
            (1 << 40, "d30000010000000000"), (5.0, "cb4014000000000000"), ("\u00e9", "a2c3a9"),
            (b"\1\2", "c4020102"), ([True, False], "92c3c2"), ({"a": None}, "81a161c0"),
            (moment, "c70cff" + struct.pack(">Iq", 6000, 1704164645).hex()),
        ]:
            with self.subTest(value=value):
                self.assertEqual(_msgpack.pack(value).hex(), form)
                back = _msgpack.unpack(bytes.fromhex(form))
                self.assertEqual((back, type(back)), (value, type(value)))

    def test_whatever_it_is_comes_back(self):
        dice = random.Random(7)

        def make(depth):
            kind = dice.randrange(9 if depth < 4 else 7)
            if kind < 2:
                return dice.choice([None, True, False, "", "x" * dice.choice([31, 32, 255, 256, 70000])])
            if kind < 4:
                return dice.getrandbits(63) * dice.choice([1, -1]) >> dice.randrange(63)
            if kind < 6:
                return dice.uniform(-1e9, 1e9)
            if kind == 6:
                return bytes(dice.randrange(300))
            count = dice.choice([0, 1, 15, 16])
            if kind == 7:
                return [make(depth + 1) for _ in range(count)]
            return {str(i): make(depth + 1) for i in range(count)}

        for _ in range(300):
            value = make(0)
            self.assertEqual(_msgpack.unpack(_msgpack.pack(value)), value)

    def test_what_is_no_value_is_refused(self):
        for value in [float("nan"), float("inf"), 1 << 63, object()]:
            with self.subTest(value=value), self.assertRaises((ValueError, TypeError)):
                _msgpack.pack(value)

    def test_noise_is_an_error_or_a_value(self):
        dice = random.Random(1)
        for _ in range(20000):
            noise = bytes(dice.getrandbits(8) for _ in range(dice.randrange(20)))
            try:
                _msgpack.unpack(noise)
            except (ValueError, IndexError, struct.error, TypeError, OverflowError):
                pass


class State(unittest.TestCase):
    def test_tells_what_has_changed_once(self):
        state = _context.State({"n": 1, "old": 2})
        state.put("n", state.counter("n") + 1)
        state.delete("old")
        state.delete("never")
        puts, deletes = state.take_changes()
        self.assertEqual((puts, deletes), ({"n": 2}, ["old"]))
        self.assertEqual(state.take_changes(), (None, None))

    def test_a_counter_is_an_integer(self):
        with self.assertRaisesRegex(ValueError, r"state\[n\] must be an int"):
            _context.State({"n": 1.5}).counter("n")
        self.assertEqual(_context.State({"n": 2.0}).counter("n"), 2)


class Engine:
    """The other end, byte by byte."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(4)

    def accept(self):
        self.connection, _ = self.listener.accept()
        self.connection.sendall(b"\0SP\0\0\x31\0\0")
        assert self.take(8) == b"\0SP\0\0\x30\0\0"

    def take(self, count):
        data = b""
        while len(data) < count:
            data += self.connection.recv(count - len(data)) or self.fail()
        return data

    def fail(self):
        raise AssertionError("hung up")

    def receive(self):
        header = self.take(9)
        body = self.take(struct.unpack(">Q", header[1:])[0])
        return struct.unpack(">I", body[:4])[0], body[4:]

    def send(self, number, body):
        frame = struct.pack(">BQI", 1, len(body) + 4, number) + body
        for byte in frame:  # in pieces
            self.connection.sendall(bytes([byte]))

    def close(self):
        self.connection.close()
        self.listener.close()


class Requests(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.engine = Engine(os.path.join(self.directory.name, "x.ipc"))
        self.channel = _sp.Requester(os.path.join(self.directory.name, "x.ipc"), b"handshake")
        self.channel.KEEP_ALIVE_SECONDS = 0.2
        accepting = threading.Thread(target=self.engine.accept)
        accepting.start()
        self.channel.dial(1)
        accepting.join()
        threading.Thread(target=self.channel.run, args=(lambda command: b"did " + command,), daemon=True).start()

    def tearDown(self):
        self.channel.close()
        self.engine.close()
        self.directory.cleanup()

    def test_a_request_carries_the_answer_to_the_command_before(self):
        number, body = self.engine.receive()
        self.assertEqual((number >> 31, body), (1, b"handshake"))
        self.engine.send(number, b"this")
        following, body = self.engine.receive()
        self.assertEqual((following, body), (0x80000000 | (number + 1) & 0x7FFFFFFF, b"did this"))

    def test_whoever_hears_nothing_says_that_it_is_there(self):
        first, _ = self.engine.receive()
        second, body = self.engine.receive()
        self.assertEqual(body, b"handshake")
        self.assertNotEqual(first, second)
        # A reply to a request that has been given up is not executed.
        self.engine.send(first, b"late")
        self.engine.send(second, b"now")
        while body == b"handshake":
            _, body = self.engine.receive()
        self.assertEqual(body, b"did now")

    def test_after_a_lost_connection_the_answer_comes_again(self):
        number, _ = self.engine.receive()
        self.engine.send(number, b"this")
        number, body = self.engine.receive()
        self.engine.connection.close()
        self.engine.accept()
        self.assertEqual(self.engine.receive(), (number, body))


if __name__ == "__main__":
    unittest.main()
