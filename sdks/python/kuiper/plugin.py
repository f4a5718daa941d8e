"""Runs a plugin: answers the engine's commands until the engine is gone."""

import json
import logging
import signal
import sys
import threading
import traceback

from . import _common, _link, _sp

log = logging.getLogger("kuiper")
DIAL_SECONDS = 5


class PluginConfig:
    """
    :param name: as the plugin is installed
    :param sources: makers by name, and so on
    """

    def __init__(self, name, sources, sinks, functions, lookups=None):
        self.name = name
        self.sources = sources
        self.sinks = sinks
        self.functions = functions
        self.lookups = lookups or {}

    def get(self, plugin_type, symbol_name):
        """The maker of a symbol; None when there is none."""
        makers = {
            "source": self.sources,
            "sink": self.sinks,
            "func": self.functions,
            "lookup": self.lookups,
        }.get(plugin_type)
        if makers is None:
            raise ValueError("invalid plugin type %s" % plugin_type)
        return makers.get(symbol_name)


_common_kinds = {"source": _common.CommonSource, "sink": _common.CommonSink, "func": _common.CommonFunction}
_linked_kinds = {
    "source": _link.LinkedSource,
    "sink": _link.LinkedSink,
    "func": _link.LinkedFunction,
    "lookup": _link.LinkedLookup,
}


def start(c):
    """Returns when the engine is gone for good."""
    root = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
    greeting = "handshake " + json.dumps({"v": _link.VERSION, "extras": _link.EXTRAS, "sdk": "python/1.0"})
    channel = _sp.Requester("/tmp/plugin_%s.ipc" % c.name, greeting.encode())
    try:
        channel.dial(DIAL_SECONDS)
    except (OSError, _sp.Closed) as error:
        log.error("no engine at /tmp/plugin_%s.ipc: %s", c.name, error)
        sys.exit(1)
    channel.run(_Commands(c).answer)


class _Commands:
    def __init__(self, config):
        self._config = config
        self._running = {}

    def answer(self, command):
        try:
            parsed = json.loads(command)
            control = json.loads(parsed["arg"])
            if parsed["cmd"] == "start":
                return self._start(control, parsed.get("ext")).encode()
            if parsed["cmd"] == "stop":
                return self._stop(control).encode()
            return ("invalid command received: %s" % parsed["cmd"]).encode()
        except Exception as error:
            log.error(traceback.format_exc())
            return (str(error) if isinstance(error, _link.Refused) else _common.error_text(error)).encode()

    def _start(self, control, ext):
        kind = control["pluginType"]
        make = self._config.get(kind, control["symbolName"])
        if make is None:
            return "symbol not found"
        url = ext.get("url") if isinstance(ext, dict) and ext.get("v") == _link.VERSION else None
        key = (kind, _common.symbol_key(control), url if kind == "func" else None)
        present = self._running.get(key)
        if present is not None:
            if kind == "func":
                return "ok"
            self._running.pop(key, None)
            present.stop()
        symbol = make()
        ended = lambda: self._ended(key)
        if url is None:
            if kind not in _common_kinds:
                return "invalid plugin type %s" % kind
            runtime = _common_kinds[kind](control, symbol, ended)
        else:
            runtime = _linked_kinds[kind](self._config.name, control, url, symbol, ended)
        self._running[key] = runtime
        runtime.start()
        return "ok"

    def _ended(self, key):
        self._running.pop(key, None)

    def _stop(self, control):
        key = _common.symbol_key(control)
        for known in list(self._running):
            if known[0] == control["pluginType"] and known[1] == key:
                runtime = self._running.pop(known, None)
                if runtime is not None:
                    runtime.stop()
        return "ok"
