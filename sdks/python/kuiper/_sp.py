"""nanomsg scalability protocols over UNIX sockets: frames, greetings, and the sockets that plugins need."""

import os
import random
import socket
import struct
import threading
import time

REQ, REP, PUSH, PULL, PAIR = 0x30, 0x31, 0x50, 0x51, 0x10
_PEER = {REQ: REP, PUSH: PULL, PULL: PUSH, PAIR: PAIR}
GREETING_SECONDS = 10
_parent = os.getppid()


class Closed(Exception):
    """The connection is gone, or was closed here."""


class TimedOut(Exception):
    pass


def orphaned():
    """True when the process that started this one has ended: nobody will come back."""
    return os.getppid() != _parent


class Pipe:
    """One connection. One thread may receive while others send."""

    def __init__(self, sock, protocol):
        self._sock = sock
        self._buffer = bytearray()
        self._sending = threading.Lock()
        self._closed = False
        try:
            sock.settimeout(GREETING_SECONDS)
            sock.sendall(struct.pack(">4sHH", b"\0SP\0", protocol, 0))
            greeting = self._take(8, time.monotonic() + GREETING_SECONDS)
            magic, peer, rest = struct.unpack(">4sHH", greeting)
            if magic != b"\0SP\0" or rest != 0 or peer != _PEER[protocol]:
                raise Closed("bad greeting %s" % bytes(greeting).hex())
            sock.settimeout(None)
        except BaseException:
            sock.close()
            raise

    @classmethod
    def dial(cls, path, protocol):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(path)
        except BaseException:
            sock.close()
            raise
        try:
            return cls(sock, protocol)
        except TimedOut as error:
            raise Closed("no greeting") from error

    def send(self, payload):
        """Waits until the kernel has taken all of it."""
        frame = struct.pack(">BQ", 1, len(payload)) + payload
        try:
            with self._sending:
                # A receive may have set a limit; sends have none.
                self._send_all(frame)
        except (OSError, ValueError) as error:
            raise Closed(str(error)) from error

    def _send_all(self, frame):
        view = memoryview(frame)
        while view:
            try:
                view = view[self._sock.send(view):]
            except (BlockingIOError, socket.timeout):
                if self._closed:
                    raise Closed("closed")

    def receive(self, seconds=None):
        """The next message. Raises TimedOut or Closed."""
        end = None if seconds is None else time.monotonic() + seconds
        header = self._take(9, end)
        if header[0] != 1:
            self.close()
            raise Closed("frame starts with %d" % header[0])
        (length,) = struct.unpack_from(">Q", header, 1)
        return bytes(self._take(length, None))

    def _take(self, count, end):
        buffer = self._buffer
        while len(buffer) < count:
            if end is not None:
                left = end - time.monotonic()
                if left <= 0:
                    raise TimedOut()
                self._sock.settimeout(left)
            elif self._sock.gettimeout() is not None:
                self._sock.settimeout(None)
            try:
                chunk = self._sock.recv(max(65536, min(count - len(buffer), 1 << 20)))
            except socket.timeout as error:
                raise TimedOut() from error
            except (OSError, ValueError) as error:
                raise Closed(str(error)) from error
            if not chunk:
                raise Closed("connection closed")
            buffer += chunk
        taken = buffer[:count]
        del buffer[:count]
        return taken

    def close(self):
        self._closed = True
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._sock.close()


def dial_patiently(path, protocol, stopped, seconds=float("inf")):
    """Dials until it succeeds, less and less often. None when stopped before, or nobody is left to dial."""
    wait = 0.1
    end = time.monotonic() + seconds
    while not stopped.is_set():
        try:
            return Pipe.dial(path, protocol)
        except (OSError, Closed):
            if orphaned() or time.monotonic() > end or stopped.wait(wait):
                return None
            wait = min(wait * 1.3, 5)
    return None


def dial_soon(path, protocol, seconds):
    """Dials for a while. Raises what the last attempt failed with."""
    end = time.monotonic() + seconds
    while True:
        try:
            return Pipe.dial(path, protocol)
        except (OSError, Closed):
            if time.monotonic() >= end:
                raise
            time.sleep(0.1)


class Requester:
    """The plugin's end of a channel on which the engine drives: each request is the answer to the command before."""

    KEEP_ALIVE_SECONDS = 5

    def __init__(self, path, greeting):
        self._path = path
        self._greeting = greeting
        self._stopped = threading.Event()
        self._pipe = None

    def dial(self, seconds):
        self._pipe = dial_soon(self._path, REQ, seconds)

    def run(self, handle):
        """Answers commands until `close`, or until the engine is gone for good."""
        number = random.getrandbits(31)
        body = self._greeting
        self._send(number, body)
        while not self._stopped.is_set():
            try:
                message = self._pipe.receive(self.KEEP_ALIVE_SECONDS)
            except TimedOut:
                number, body = number + 1, self._greeting
                self._send(number, body)
                continue
            except Closed:
                self._pipe.close()
                pipe = dial_patiently(self._path, REQ, self._stopped)
                if pipe is None:
                    return
                # Whoever is there hears again what has no answer yet.
                self._pipe = pipe
                self._send(number, body)
                continue
            if len(message) < 4 or struct.unpack_from(">I", message)[0] != _id(number):
                continue
            body = handle(message[4:])
            number += 1
            self._send(number, body)

    def _send(self, number, body):
        try:
            self._pipe.send(struct.pack(">I", _id(number)) + body)
        except Closed:
            pass  # the next receive says so

    def close(self):
        self._stopped.set()
        if self._pipe is not None:
            self._pipe.close()


def _id(number):
    return 0x80000000 | (number & 0x7FFFFFFF)


class Pusher:
    """The sending end of a one-way channel. Comes back after the engine was away."""

    def __init__(self, path, seconds):
        self._path = path
        self._stopped = threading.Event()
        self._pipe = dial_soon(path, PUSH, seconds)
        self._lock = threading.Lock()

    def send(self, payload):
        """Raises Closed when it has been stopped, and never else."""
        with self._lock:
            while not self._stopped.is_set():
                try:
                    self._pipe.send(payload)
                    return
                except Closed:
                    self._pipe.close()
                    pipe = dial_patiently(self._path, PUSH, self._stopped)
                    if pipe is None:
                        break
                    self._pipe = pipe
            raise Closed("stopped")

    def close(self):
        self._stopped.set()
        self._pipe.close()


class Puller:
    """The receiving end of a one-way channel, which listens."""

    def __init__(self, path, receive):
        self._path = path
        self._receive = receive
        self._pipes = set()
        self._closed = False
        self._one_at_a_time = threading.Lock()
        self._sock = _listen(path)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self._closed:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            threading.Thread(target=self._read, args=(sock,), daemon=True).start()

    def _read(self, sock):
        try:
            pipe = Pipe(sock, PULL)
        except (Closed, TimedOut, OSError):
            return
        self._pipes.add(pipe)
        try:
            while not self._closed:
                message = pipe.receive()
                with self._one_at_a_time:
                    if not self._closed:
                        self._receive(message)
        except Closed:
            pass
        finally:
            self._pipes.discard(pipe)
            pipe.close()

    def close(self):
        if self._closed:
            return
        self._closed = True
        # Whoever follows on the same path must not lose its socket.
        try:
            os.unlink(self._path)
        except OSError:
            pass
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._sock.close()
        for pipe in list(self._pipes):
            pipe.close()


def _listen(path):
    for attempt in range(10):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(path)
            os.chmod(path, 0o600)
            sock.listen(16)
            return sock
        except OSError:
            sock.close()
            if attempt == 9:
                raise
            if not _remove_stale(path):
                time.sleep(0.05)
    raise Closed("cannot listen")


def _remove_stale(path):
    """True when the path was a socket that nobody listens on, and is gone."""
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.connect(path)
        return False
    except ConnectionRefusedError:
        try:
            os.unlink(path)
            return True
        except OSError:
            return False
    except OSError:
        return False
    finally:
        probe.close()
