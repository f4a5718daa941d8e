"""What a plugin implements, and what it is given."""

from abc import ABC, abstractmethod
from typing import Any, Dict, List, Optional


class Context(ABC):
    """Says where the work belongs and keeps what should outlive a process.

    State is one map per source, per sink and per call of a function in a rule. The engine keeps it with the rule's
    checkpoints; engines that do not know how leave it in this process. Values are JSON, bytes and datetimes; put a list
    or a dict again after changing it.
    """

    @abstractmethod
    def get_rule_id(self) -> str: ...

    @abstractmethod
    def get_op_id(self) -> str: ...

    @abstractmethod
    def get_instance_id(self) -> int: ...

    @abstractmethod
    def get_logger(self): ...

    @abstractmethod
    def emit(self, message: dict, meta: Optional[dict] = None) -> None:
        """Sends a row. Waits while the engine does not read; only raises when the source has been stopped."""

    @abstractmethod
    def emit_error(self, error: str) -> None:
        """Reports an error; the source goes on."""

    @abstractmethod
    def ack_ok(self) -> None:
        """With ``requireAck``: what was collected last is safe."""

    @abstractmethod
    def ack_error(self, error: str) -> None:
        """With ``requireAck``: what was collected last could not be written."""

    @abstractmethod
    def get_state(self, key: str) -> Any:
        """None when there is none."""

    @abstractmethod
    def put_state(self, key: str, value: Any) -> None: ...

    @abstractmethod
    def delete_state(self, key: str) -> None: ...

    @abstractmethod
    def incr_counter(self, key: str, amount: int) -> int:
        """The new value."""

    @abstractmethod
    def get_counter(self, key: str) -> int: ...

    @abstractmethod
    def dynamic_props(self, template: str) -> Optional[str]:
        """The sink property written as this template, rendered for what is being collected; None when unknown."""

    @abstractmethod
    def all_props(self) -> Dict[str, str]:
        """All rendered properties, by template."""


class Source(ABC):
    @abstractmethod
    def configure(self, datasource: str, conf: dict):
        """Takes over the properties; raises when they are wrong."""

    @abstractmethod
    def open(self, ctx: Context):
        """Calls ``ctx.emit`` until ``close``. Runs in a thread of its own."""

    @abstractmethod
    def close(self, ctx: Context): ...


class Sink(ABC):
    @abstractmethod
    def configure(self, conf: dict):
        """Takes over the properties; raises when they are wrong."""

    @abstractmethod
    def open(self, ctx: Context): ...

    @abstractmethod
    def collect(self, ctx: Context, data: bytes):
        """Writes one message. What it raises is reported to the rule and the sink goes on."""

    @abstractmethod
    def close(self, ctx: Context): ...


class Function(ABC):
    @abstractmethod
    def validate(self, args: List[Any]):
        """Checks a call when its rule is created. An empty text or None: it is right; else what is wrong.

        An argument is the tree of its expression. An engine that knows more adds ``literal`` (``int``, ``float``,
        ``string``, ``bool``, ``time``, ``wildcard``, ``column`` or None), ``value`` and ``condition``.
        """

    @abstractmethod
    def exec(self, args: List[Any], ctx: Context) -> Any: ...

    @abstractmethod
    def is_aggregate(self) -> bool: ...


class LookupSource(ABC):
    """A table that is asked for each event. Only for engines that know it."""

    @abstractmethod
    def configure(self, datasource: str, conf: dict):
        """``conf['key']`` is the table's KEY option."""

    @abstractmethod
    def open(self, ctx: Context): ...

    @abstractmethod
    def lookup(self, ctx: Context, fields: Optional[List[str]], keys: List[str], values: List[Any]) -> List[dict]:
        """Rows where each key has its value. ``fields``: columns wanted, None for all."""

    @abstractmethod
    def close(self, ctx: Context): ...
