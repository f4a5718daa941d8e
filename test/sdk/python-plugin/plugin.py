"""A plugin whose functions do not behave. Its name and theirs are in the manifest beside it: tests give them their own."""
import json
import os
import signal
import time

from kuiper import Function, PluginConfig, Sink, Source, plugin


class Scalar(Function):
    def validate(self, args):
        return ""

    def is_aggregate(self):
        return False


class Slow(Scalar):
    def exec(self, args, ctx):
        time.sleep(args[0])
        return args[0]


class Pid(Scalar):
    def exec(self, args, ctx):
        time.sleep(0.01)
        return os.getpid()


class Count(Scalar):
    def exec(self, args, ctx):
        return [ctx.incr_counter("n", 1), os.getpid()]


class Die(Scalar):
    def exec(self, args, ctx):
        if args[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return "alive"


class Fail(Scalar):
    def exec(self, args, ctx):
        if args[0] % 2:
            raise ValueError("odd: %g" % args[0])
        return float("nan") if args[0] == 4 else args[0]


class Kinds(Scalar):
    def exec(self, args, ctx):
        ctx.put_state("kept", args[0])
        return "%s %s" % (type(args[0]).__name__, ctx.get_state("kept") == args[0])


class Total(Scalar):
    def exec(self, args, ctx):
        return sum(args[0])

    def is_aggregate(self):
        return True


class Odd(Source):
    """Rows that cannot be sent, errors, and then one row."""

    def configure(self, datasource, conf):
        if conf.get("refuse"):
            raise ValueError(conf["refuse"])

    def open(self, ctx):
        ctx.emit({"a": object()})
        ctx.emit_error("no reading")
        ctx.emit({"a": 1, "long": 2 ** 60, "bytes": b"abc"})
        while True:
            time.sleep(0.05)
            ctx.emit({"a": 2})

    def close(self, ctx):
        print("closed", flush=True)


class Picky(Sink):
    """Refuses a message the first time it sees it; with requireAck says so by itself."""

    def configure(self, conf):
        self.conf = conf
        self.seen = set()

    def open(self, ctx):
        pass

    def collect(self, ctx, data):
        if data not in self.seen:
            self.seen.add(data)
            if self.conf.get("requireAck"):
                ctx.ack_error("not now")
                return
            raise IOError("io error: not now")
        with open(self.conf["path"], "ab") as file:
            file.write(data + b"\n")
        ctx.ack_ok()

    def close(self, ctx):
        pass


class Keep(Sink):
    def configure(self, conf):
        self.path = conf["path"]

    def open(self, ctx):
        pass

    def collect(self, ctx, data):
        with open(self.path, "ab") as file:
            file.write(b"%d %s\n" % (os.getpid(), data))

    def close(self, ctx):
        pass


def made(classes, names):
    known = {c.__name__.lower(): c for c in classes}
    return {name: known[name.split("_")[0]] for name in names or []}


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    name = os.path.basename(here)
    with open(os.path.join(here, name + ".json")) as f:
        manifest = json.load(f)
    plugin.start(
        PluginConfig(
            name,
            made([Odd], manifest.get("sources")),
            made([Picky, Keep], manifest.get("sinks")),
            made([Slow, Pid, Count, Die, Fail, Kinds, Total], manifest.get("functions")),
        )
    )
