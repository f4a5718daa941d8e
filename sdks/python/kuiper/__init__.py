"""Portable plugins in Python: sources, sinks, functions and lookup sources in a process of their own.

The names are those of the official SDK, so that a plugin written for it changes one line: ``from kuiper import …``.
"""

from . import plugin
from .api import Context, Function, LookupSource, Sink, Source
from .plugin import PluginConfig

__version__ = "1.0"
__all__ = ["Context", "Function", "LookupSource", "PluginConfig", "Sink", "Source", "plugin"]
