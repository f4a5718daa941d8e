"""Contexts: what symbols are given."""

import json
import logging
import threading

from . import _msgpack
from ._sp import Closed
from .api import Context


class _Logger(logging.Logger):
    """A logger that can also be written to, as a stream."""

    def write(self, text):
        text = text.rstrip("\n")
        if text:
            self.info(text)
        return len(text)

    def flush(self):
        pass


def make_logger(name):
    logger = _Logger(name)
    logger.parent = logging.getLogger()
    return logger


class State:
    """A copy of what the engine keeps, and what has changed in it."""

    def __init__(self, values=None):
        self.values = dict(values or {})
        self.is_used = False
        self._puts = {}
        self._deletes = set()
        self._lock = threading.Lock()

    def get(self, key):
        self.is_used = True
        return self.values.get(key)

    def put(self, key, value):
        with self._lock:
            self.is_used = True
            self.values[key] = value
            self._puts[key] = value
            self._deletes.discard(key)

    def delete(self, key):
        with self._lock:
            self.is_used = True
            if self.values.pop(key, None) is None and key not in self._puts:
                return
            self._puts.pop(key, None)
            self._deletes.add(key)

    def counter(self, key):
        value = self.get(key)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            raise ValueError("state[%s] must be an int" % key)
        return int(value)

    def take_changes(self):
        """What is to be put and what is to be deleted; None for nothing."""
        if not self._puts and not self._deletes:
            return None, None
        with self._lock:
            puts, deletes = self._puts or None, list(self._deletes) or None
            self._puts, self._deletes = {}, set()
        return puts, deletes


class SymbolContext(Context):
    """
    :param output: has ``rows(message, meta)``, ``error(text)`` for sources and ``ack(error)`` for sinks
    """

    def __init__(self, meta, state=None, output=None):
        self._rule_id = meta.get("ruleId", "")
        self._op_id = meta.get("opId", "")
        self._instance_id = meta.get("instanceId", 0)
        self._logger = None
        self.state = state or State()
        self.output = output
        self.props = {}

    def get_rule_id(self):
        return self._rule_id

    def get_op_id(self):
        return self._op_id

    def get_instance_id(self):
        return self._instance_id

    def get_logger(self):
        if self._logger is None:
            self._logger = make_logger("%s/%s" % (self._rule_id, self._op_id))
        return self._logger

    def emit(self, message, meta=None):
        try:
            self.output.rows(message, meta)
        except Closed:
            raise
        except Exception as error:
            # One row that cannot be sent must not end the source.
            self.get_logger().warning("a row cannot be sent: %s", error)
            self.output.error("a row cannot be sent: %s" % error)

    def emit_error(self, error):
        self.output.error(str(error))

    def ack_ok(self):
        self.output.ack(None)

    def ack_error(self, error):
        self.output.ack(str(error))

    def get_state(self, key):
        return self.state.get(key)

    def put_state(self, key, value):
        self.state.put(key, value)

    def delete_state(self, key):
        self.state.delete(key)

    def incr_counter(self, key, amount):
        total = self.state.counter(key) + amount
        self.state.put(key, total)
        return total

    def get_counter(self, key):
        return self.state.counter(key)

    def dynamic_props(self, template):
        return self.props.get(template)

    def all_props(self):
        return dict(self.props)


def to_json(value):
    return json.dumps(value, default=_json_default, allow_nan=False).encode()


def _json_default(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        import base64

        return base64.b64encode(bytes(value)).decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return _msgpack.plain(value)
