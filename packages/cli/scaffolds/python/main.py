"""PLUGIN_NAME: a plugin in a process of its own. The engine starts it and asks for what rules use."""

#<source>
import threading
#</source>
import kuiper
from kuiper import PluginConfig, plugin
#<function>


class Greet(kuiper.Function):
    """SELECT FUNCTION_NAME(name) AS greeting FROM demo"""

    def validate(self, args):
        """Asked when a rule is created: what is wrong with its call, or an empty text."""
        return "" if len(args) == 1 else "one argument is expected, found %d" % len(args)

    def is_aggregate(self):
        return False

    def exec(self, args, ctx):
        """Called for each row. What it raises is the error of that row; the rule goes on."""
        (name,) = args
        if not isinstance(name, str):
            raise ValueError("a text is expected, found %r" % (name,))
        # What is kept in the context survives restarts of this process.
        if ctx.incr_counter("calls", 1) == 1:
            ctx.get_logger().info("greets for rule %s", ctx.get_rule_id())
        return "Hello, %s!" % name
#</function>
#<source>


class Repeat(kuiper.Source):
    """CREATE STREAM demo () WITH (TYPE="SOURCE_NAME")"""

    def __init__(self):
        self.stopped = threading.Event()

    def configure(self, datasource, conf):
        """Takes over the properties: defaults from sources/SOURCE_NAME.yaml, then those of the stream."""
        self.message = conf.get("message", "hello")
        self.interval_s = conf.get("interval", 1000) / 1000

    def open(self, ctx):
        """Sends rows until it is closed."""
        ctx.get_logger().info("starts for rule %s", ctx.get_rule_id())
        while not self.stopped.is_set():
            # What is kept in the context survives restarts of this process.
            count = ctx.incr_counter("sent", 1)
            ctx.emit({"count": count, "message": self.message}, None)
            self.stopped.wait(self.interval_s)

    def close(self, ctx):
        self.stopped.set()
#</source>
#<sink>


class Log(kuiper.Sink):
    """An action: {"SINK_NAME": {"prefix": "got", "sendSingle": true}}"""

    def configure(self, conf):
        """Takes over the properties of the action. What it raises refuses the rule."""
        self.prefix = conf.get("prefix", "received")

    def open(self, ctx):
        ctx.get_logger().info("starts for rule %s", ctx.get_rule_id())

    def collect(self, ctx, data):
        """Called for each output."""
        ctx.get_logger().info("%s %s", self.prefix, data.decode())

    def close(self, ctx):
        pass
#</sink>


def config():
    return PluginConfig(
        "PLUGIN_NAME",
        #<source>
        sources={"SOURCE_NAME": Repeat},
        #</source>
        #<no source>
        sources={},
        #</no source>
        #<sink>
        sinks={"SINK_NAME": Log},
        #</sink>
        #<no sink>
        sinks={},
        #</no sink>
        #<function>
        functions={"FUNCTION_NAME": Greet},
        #</function>
        #<no function>
        functions={},
        #</no function>
    )


if __name__ == "__main__":
    plugin.start(config())
