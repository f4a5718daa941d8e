"""A source, a sink, two functions and a lookup source. Runs on Kuiper TS and, without what is kept, on eKuiper."""

import threading

from kuiper import Function, LookupSource, PluginConfig, Sink, Source, plugin


class Ticker(Source):
    """Counts, from where it was when it stopped."""

    def configure(self, datasource, conf):
        self.device = datasource
        self.seconds = conf.get("interval", 1000) / 1000
        if self.seconds <= 0:
            raise ValueError("interval must be positive")
        self.stopped = threading.Event()

    def open(self, ctx):
        while not self.stopped.wait(self.seconds):
            n = ctx.incr_counter("n", 1)
            ctx.emit({"n": n, "half": n / 2, "device": self.device}, {"nr": n})

    def close(self, ctx):
        self.stopped.set()


class Journal(Sink):
    """Appends numbered lines to a file, whose name may depend on the row: `"path": "/tmp/{{.device}}.log"`."""

    def configure(self, conf):
        self.path = conf["path"]

    def open(self, ctx):
        ctx.get_logger().info("writes to %s", self.path)

    def collect(self, ctx, data):
        path = ctx.dynamic_props(self.path) or self.path
        number = ctx.incr_counter("lines", 1)
        with open(path, "ab") as file:
            file.write(b"%d %s\n" % (number, data))

    def close(self, ctx):
        pass


class Average(Function):
    """The average of all values so far."""

    def validate(self, args):
        if len(args) != 1:
            return "expects one argument but got %d" % len(args)
        return "expects a number" if args[0].get("literal") == "string" else ""

    def exec(self, args, ctx):
        total = (ctx.get_state("total") or 0) + args[0]
        ctx.put_state("total", total)
        return total / ctx.incr_counter("count", 1)

    def is_aggregate(self):
        return False


class Echo(Function):
    """Its argument, whatever kind that has."""

    def validate(self, args):
        return ""

    def exec(self, args, ctx):
        return args[0]

    def is_aggregate(self):
        return False


class Sites(LookupSource):
    def configure(self, datasource, conf):
        self.prefix = datasource

    def open(self, ctx):
        pass

    def lookup(self, ctx, fields, keys, values):
        return [dict(zip(keys, values), site="%s %g" % (self.prefix, values[0]))]

    def close(self, ctx):
        pass


if __name__ == "__main__":
    plugin.start(
        PluginConfig(
            "pyexample",
            {"tickerPy": Ticker},
            {"journalPy": Journal},
            {"averagePy": Average, "echoPy": Echo},
            {"sitesPy": Sites},
        )
    )
