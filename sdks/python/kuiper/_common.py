"""Symbols over the common protocol: what every engine speaks."""

import json
import logging
import threading
import traceback

from . import _sp
from ._context import SymbolContext, to_json

log = logging.getLogger("kuiper")
START_SECONDS = 5


def error_text(error):
    """As the last line of a traceback."""
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def symbol_key(control):
    meta = control["meta"]
    return "%s_%s_%s_%s" % (meta["ruleId"], meta["opId"], meta["instanceId"], control["symbolName"])


def check_meta(control):
    meta = control["meta"]
    if not meta.get("ruleId") or not meta.get("opId"):
        raise ValueError("invalid arg: %s ruleId and opId are required" % control)


def data_path(meta):
    return "/tmp/%s_%s_%s.ipc" % (meta["ruleId"], meta["opId"], meta["instanceId"])


def topic_of(control):
    config = control.get("config") or {}
    for bag in (control, config):
        for name in ("datasource", "dataSource"):
            if bag.get(name):
                return bag[name]
    return ""


class Runner:
    """A source that runs, whatever it sends over."""

    def __init__(self, source, context, ended):
        self.source = source
        self.context = context
        self.stopped = threading.Event()
        self._ended = ended

    def start(self):
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        try:
            self.source.open(self.context)
        except Exception as error:
            if not self.stopped.is_set():
                log.error(traceback.format_exc())
                try:
                    self.context.emit_error(error_text(error))
                except _sp.Closed:
                    pass
        if not self.stopped.is_set():
            close_quietly(self.source, self.context)
            self._ended()

    def stop(self):
        self.stopped.set()
        close_quietly(self.source, self.context)


def close_quietly(symbol, context):
    try:
        symbol.close(context)
    except Exception:
        log.error(traceback.format_exc())


class CommonSource:
    def __init__(self, control, source, ended):
        check_meta(control)
        source.configure(topic_of(control), control.get("config") or {})
        self._push = _sp.Pusher(data_path(control["meta"]), START_SECONDS)
        self._runner = Runner(source, SymbolContext(control["meta"], output=self), self._end)
        self._ended = ended

    def start(self):
        self._runner.start()

    def _end(self):
        self._push.close()
        self._ended()

    def rows(self, message, meta):
        self._push.send(to_json({"message": message, "meta": meta}))

    def error(self, text):
        self._push.send(to_json({"error": text}))

    def stop(self):
        self._runner.stop()
        self._push.close()


class CommonSink:
    def __init__(self, control, sink, ended):
        check_meta(control)
        config = control.get("config") or {}
        sink.configure(config)
        # Engines read what nobody has asked for only sometimes: it would pile up until nothing goes any more.
        self._acknowledges = config.get("requireAck") is True
        path = data_path(control["meta"])
        self._sink = sink
        self._context = SymbolContext(control["meta"], output=self)
        self._opened = threading.Event()
        self._failed = None
        self._pull = _sp.Puller(path, self._collect)
        try:
            self._acks = _sp.Pusher(path[:-4] + "_ack.ipc", START_SECONDS)
        except BaseException:
            self._pull.close()
            raise

    def start(self):
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self):
        try:
            self._sink.open(self._context)
        except Exception as error:
            log.error(traceback.format_exc())
            self._failed = error_text(error)
        self._opened.set()

    def _collect(self, message):
        self._opened.wait()
        if self._failed is not None:
            self.ack(self._failed)
            return
        try:
            self._sink.collect(self._context, message)
        except Exception as error:
            log.error(traceback.format_exc())
            self.ack(error_text(error))

    def ack(self, error):
        if not self._acknowledges:
            return
        try:
            self._acks.send(b"{}" if error is None else to_json({"error": error}))
        except _sp.Closed:
            pass

    def stop(self):
        self._pull.close()
        self._acks.close()
        close_quietly(self._sink, self._context)


class CommonFunction:
    def __init__(self, control, function, ended):
        self._function = function
        self._contexts = {}
        self._channel = _sp.Requester("/tmp/func_%s.ipc" % control["symbolName"], b"handshake")
        self._channel.dial(START_SECONDS)
        self._ended = ended

    def start(self):
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        self._channel.run(self._answer)
        self._ended()

    def _answer(self, request):
        try:
            state, result = self._call(json.loads(request))
            return to_json({"state": state, "result": result})
        except Exception as error:
            log.error(traceback.format_exc())
            return to_json({"state": False, "result": error_text(error)})

    def _call(self, call):
        name, arg = call["func"], call.get("arg")
        if name == "Exec":
            if not isinstance(arg, list) or not arg:
                return False, "invalid arg"
            return True, self._function.exec(arg[:-1], self._context(arg[-1]))
        if name == "Validate":
            return validate(self._function, arg or [])
        if name == "IsAggregate":
            return True, bool(self._function.is_aggregate())
        return False, "invalid func %s" % name

    def _context(self, text):
        context = self._contexts.get(text)
        if context is None:
            context = self._contexts[text] = SymbolContext(json.loads(text))
        return context

    def stop(self):
        self._channel.close()


def validate(function, args):
    wrong = function.validate(args)
    return (True, "") if wrong is None or wrong == "" else (False, wrong)
