"""Symbols over the extended protocol: each has a connection of its own to the thread of the engine that uses it."""

import logging
import os
import threading
import time
import traceback

from . import _msgpack, _sp
from ._common import Runner, check_meta, close_quietly, error_text, topic_of, validate
from ._context import State, SymbolContext

log = logging.getLogger("kuiper")
VERSION = 2
EXTRAS = ["batch", "binary", "state", "validate", "lookup", "props", "instances"]
HANDLE = 1
DIAL_SECONDS = 2
# A thread that has been replaced listens elsewhere.
AGAIN_SECONDS = 60
# Results of a long batch are told from time to time: nobody is to think that the plugin hangs.
FLUSH_SECONDS = 0.1


class Refused(Exception):
    pass


class Link:
    """The connection of one symbol. Comes back after it was lost, for as long as somebody waits for the symbol."""

    def __init__(self, plugin, kind, control, url):
        meta = control["meta"]
        self._hello = _msgpack.pack(["hello", VERSION, plugin, os.getpid()])
        self._open = _msgpack.pack(
            ["open", HANDLE, kind, control["symbolName"], meta["ruleId"], meta["opId"], meta["instanceId"]]
        )
        self._path = url[len("ipc://"):]
        self._stopped = threading.Event()
        self._pipe = None

    def dial(self):
        """The state to begin with. Raises what the engine is to be told."""
        try:
            self._pipe = _sp.dial_soon(self._path, _sp.PAIR, DIAL_SECONDS)
        except (OSError, _sp.Closed) as error:
            raise Refused("no engine at %s: %s" % (self._path, error))
        return self._greet()

    def _greet(self):
        self._pipe.send(self._hello)
        self._pipe.send(self._open)
        answer = _msgpack.unpack(self._pipe.receive(10))
        if answer[0] != "opened":
            raise Refused("no engine at %s: %s" % (self._path, answer[2]))
        return answer[2]

    def send(self, *message):
        self._pipe.send(_msgpack.pack(list(message)))

    def serve(self, take, again):
        """Hands over messages until `close`, or until nobody waits for the symbol any more.

        :param again: called with the engine's state after the connection was lost
        """
        while not self._stopped.is_set():
            try:
                take(_msgpack.unpack(self._pipe.receive()))
            except (_sp.Closed, ValueError, IndexError) as error:
                if self._stopped.is_set():
                    return
                log.warning("connection to the engine lost: %s", error)
                self._pipe.close()
                pipe = _sp.dial_patiently(self._path, _sp.PAIR, self._stopped, AGAIN_SECONDS)
                if pipe is None:
                    return
                self._pipe = pipe
                try:
                    again(self._greet())
                except Refused:
                    return
                except (_sp.Closed, _sp.TimedOut):
                    continue

    @property
    def is_stopped(self):
        return self._stopped.is_set()

    def close(self):
        self._stopped.set()
        if self._pipe is not None:
            self._pipe.close()


class LinkedSymbol:
    """What all kinds have in common."""

    kind = ""

    def __init__(self, plugin, control, url, ended):
        self.link = Link(plugin, self.kind, control, url)
        self.ended = ended

    def start(self):
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        self.link.serve(self.take, self.again)
        if not self.link.is_stopped:
            self.gone()
            self.ended()

    def take(self, message):
        raise NotImplementedError

    def again(self, state):
        pass

    def gone(self):
        """Nobody waits for the symbol any more."""


class LinkedSource(LinkedSymbol):
    kind = "source"

    def __init__(self, plugin, control, url, source, ended):
        check_meta(control)
        super().__init__(plugin, control, url, ended)
        source.configure(topic_of(control), control.get("config") or {})
        self._context = SymbolContext(control["meta"], output=self)
        self._runner = Runner(source, self._context, self._end)
        self._context.state = State(self.link.dial())

    def start(self):
        super().start()
        self._runner.start()

    def take(self, message):
        pass

    def rows(self, message, meta):
        if not isinstance(message, dict):
            raise TypeError("a row is a dict, not %s" % type(message).__name__)
        data = _msgpack.pack(["rows", HANDLE, [message, meta], *self._context.state.take_changes()])
        self._send(data)

    def error(self, text):
        self._send(_msgpack.pack(["error", HANDLE, text]))

    def _send(self, data):
        while True:
            if self._runner.stopped.is_set():
                raise _sp.Closed("stopped")
            try:
                self.link._pipe.send(data)
                return
            except _sp.Closed:
                # The thread that reads dials again.
                self._runner.stopped.wait(0.1)

    def _end(self):
        try:
            puts, deletes = self._context.state.take_changes()
            if puts or deletes:
                self.link.send("state", HANDLE, puts, deletes)
        except _sp.Closed:
            pass

    def gone(self):
        self._runner.stop()

    def stop(self):
        self._runner.stop()
        self.link.close()


class LinkedSink(LinkedSymbol):
    kind = "sink"

    def __init__(self, plugin, control, url, sink, ended):
        check_meta(control)
        super().__init__(plugin, control, url, ended)
        config = control.get("config") or {}
        sink.configure(config)
        self._sink = sink
        self._requires_ack = config.get("requireAck") is True
        self._acks = threading.Condition()
        self._ack = None
        self._context = SymbolContext(control["meta"], output=self)
        self._context.state = State(self.link.dial())
        self._failed = None

    def _serve(self):
        try:
            self._sink.open(self._context)
        except Exception as error:
            log.error(traceback.format_exc())
            self._failed = error_text(error)
        super()._serve()

    def take(self, message):
        if message[0] != "items":
            return
        _, _, batch, items = message
        done = 0
        error = self._failed
        while error is None and done < len(items) // 2:
            error = self._collect(items[2 * done], items[2 * done + 1])
            if error is None:
                done += 1
        self.link.send("done", HANDLE, batch, done, error, *self._context.state.take_changes())

    def _collect(self, data, props):
        context = self._context
        context.props = props or {}
        self._ack = None
        try:
            self._sink.collect(context, data.encode() if isinstance(data, str) else data)
        except Exception as error:
            log.error(traceback.format_exc())
            text = getattr(error, "args", None)
            return str(text[0]) if text and str(text[0]).startswith("io error") else error_text(error)
        if not self._requires_ack:
            return None
        with self._acks:
            while self._ack is None and not self.link.is_stopped:
                self._acks.wait(0.5)
        return self._ack[0] if self._ack else "the sink has been stopped"

    def ack(self, error):
        with self._acks:
            self._ack = (None if error is None else "io error: " + error,)
            self._acks.notify_all()

    def gone(self):
        close_quietly(self._sink, self._context)

    def stop(self):
        self.link.close()
        close_quietly(self._sink, self._context)


class LinkedFunction(LinkedSymbol):
    kind = "func"

    def __init__(self, plugin, control, url, function, ended):
        super().__init__(plugin, control, url, ended)
        self._function = function
        self._sites = {}
        self.link.dial()

    def again(self, state):
        self._sites = {}

    def take(self, message):
        name = message[0]
        if name == "call":
            self._run(message[2], message[3])
        elif name == "site":
            _, _, number, rule_id, op_id, instance_id, _func_id, state = message
            meta = {"ruleId": rule_id, "opId": op_id, "instanceId": instance_id}
            self._sites[number] = SymbolContext(meta, State(state))
        elif name == "drop":
            self._sites.pop(message[2], None)
        elif name == "ask":
            _, _, number, what, argument = message
            self.link.send("answer", HANDLE, number, *self._ask(what, argument))

    def _ask(self, what, argument):
        try:
            if what == "validate":
                return validate(self._function, argument)
            if what == "aggregate":
                return True, bool(self._function.is_aggregate())
            return False, "unknown question %s" % what
        except Exception as error:
            log.error(traceback.format_exc())
            return False, error_text(error)

    def _run(self, batch, calls):
        first = 0
        results = []
        told = time.monotonic()
        execute = self._function.exec
        sites = self._sites
        used = {}
        for at in range(0, len(calls), 2):
            context = sites[calls[at]]
            try:
                value = execute(calls[at + 1], context)
                data = _msgpack.pack(value)
                results.append(b"\xc3" + data)
            except Exception as error:
                log.error(traceback.format_exc())
                results.append(b"\xc2" + _msgpack.pack(error_text(error)))
            if context.state.is_used:
                used[calls[at]] = context.state
            if time.monotonic() - told > FLUSH_SECONDS:
                self._tell(batch, first, results, used)
                first += len(results)
                results, used = [], {}
                told = time.monotonic()
        if results:
            self._tell(batch, first, results, used)

    def _tell(self, batch, first, results, used):
        changes = [[site, *state.take_changes()] for site, state in used.items()]
        head = bytearray(b"\x96\xa7results")
        for number in (HANDLE, batch, first):
            head += _msgpack.pack(number)
        _msgpack._head(head, 2 * len(results), 0x90, 16, None, 0xDC, 0xDD)
        self.link._pipe.send(bytes(head) + b"".join(results) + _msgpack.pack(changes))

    def stop(self):
        self.link.close()


class LinkedLookup(LinkedSymbol):
    kind = "lookup"

    def __init__(self, plugin, control, url, lookup, ended):
        super().__init__(plugin, control, url, ended)
        self._lookup = lookup
        self._context = SymbolContext(control["meta"])
        lookup.configure(topic_of(control), control.get("config") or {})
        lookup.open(self._context)
        self.link.dial()

    def take(self, message):
        if message[0] != "ask":
            return
        _, _, number, _what, argument = message
        try:
            fields, keys, values = argument
            answer = True, list(self._lookup.lookup(self._context, fields, keys, values))
            data = _msgpack.pack(["answer", HANDLE, number, *answer])
        except Exception as error:
            log.error(traceback.format_exc())
            data = _msgpack.pack(["answer", HANDLE, number, False, error_text(error)])
        self.link._pipe.send(data)

    def gone(self):
        close_quietly(self._lookup, self._context)

    def stop(self):
        self.link.close()
        close_quietly(self._lookup, self._context)
