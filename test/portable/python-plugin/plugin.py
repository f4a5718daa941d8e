"""A plugin made with the official SDK. Which symbols it offers, and what the plugin is called, is in the manifest beside
it: tests give both names of their own, since sockets are named after them. A symbol `revert_x1` is a Revert."""
import json
import os
import signal
import sys
import time

from ekuiper import Function, PluginConfig, Sink, Source, plugin


class Count(Source):
    """Counts. `conf` may hold: interval (s), limit, payload (a string sent along), start (first number), errors."""

    def configure(self, datasource, conf):
        if conf.get('refuse'):
            raise ValueError(conf['refuse'])
        self.datasource = datasource
        self.conf = conf
        self.running = True

    def open(self, ctx):
        conf = self.conf
        i = conf.get('start', 0)
        end = i + conf.get('limit', 10 ** 12)
        slowest = 0
        while self.running and i < end:
            began = time.monotonic()
            if conf.get('errors') and i % 2 == 1:
                ctx.emit_error('no reading %d' % i)
            else:
                row = {'count': i, 'datasource': self.datasource, 'pid': os.getpid()}
                if 'payload' in conf:
                    row['payload'] = conf['payload']
                ctx.emit(row, {'nr': i})
            slowest = max(slowest, time.monotonic() - began)
            i += 1
            if conf.get('interval', 0.01) > 0:
                time.sleep(conf.get('interval', 0.01))
        print('%s sent %d, slowest %.3f s' % (ctx.get_op_id(), i, slowest), flush=True)
        while self.running:
            time.sleep(0.05)

    def close(self, ctx):
        self.running = False


class Write(Sink):
    """Appends what it gets to the file `path`. `ack`: `ok`, `error` for the first of each message, or `none`."""

    def configure(self, conf):
        self.conf = conf
        self.seen = set()

    def open(self, ctx):
        self.file = open(self.conf['path'], 'ab')

    def collect(self, ctx, data):
        ack = self.conf.get('ack', 'ok')
        if ack == 'error' and data not in self.seen:
            self.seen.add(data)
            ctx.ack_error('not now')
            return
        self.file.write(data + b'\n')
        self.file.flush()
        if ack != 'none':
            ctx.ack_ok()

    def close(self, ctx):
        self.file.close()


class Scalar(Function):
    def validate(self, args):
        return ''

    def is_aggregate(self):
        return False


class Revert(Scalar):
    def validate(self, args):
        return '' if len(args) == 1 else 'revert takes one argument but got %d' % len(args)

    def exec(self, args, ctx):
        return args[0][::-1]


class Same(Scalar):
    def exec(self, args, ctx):
        return args[0]


class Fail(Scalar):
    def exec(self, args, ctx):
        raise ValueError('cannot: %s' % args[0])


class Slow(Scalar):
    def exec(self, args, ctx):
        time.sleep(args[0])
        return 'slept %g' % args[0]


class Die(Scalar):
    def exec(self, args, ctx):
        if args[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return 'alive'


class Pid(Scalar):
    def exec(self, args, ctx):
        time.sleep(0.005)
        return os.getpid()


class Where(Scalar):
    def exec(self, args, ctx):
        return [ctx.get_rule_id(), ctx.get_op_id(), ctx.get_instance_id()]


class Eat(Scalar):
    """Keeps so many MiB."""
    kept = []

    def exec(self, args, ctx):
        Eat.kept.append(b'x' * (int(args[0]) * 2 ** 20))
        return len(Eat.kept)


class Total(Function):
    def validate(self, args):
        return ''

    def exec(self, args, ctx):
        return sum(args[0])

    def is_aggregate(self):
        return True


def made(classes, names):
    known = {c.__name__.lower(): c for c in classes}
    return {name: (lambda c=known[name.split('_')[0]]: c()) for name in names or []}


if __name__ == '__main__':
    name = os.path.basename(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + '.json')) as f:
        manifest = json.load(f)
    print('plugin %s starts with %s' % (name, sys.argv[1:]), flush=True)
    print('it may complain', file=sys.stderr, flush=True)
    if manifest.get('mood') == 'exit':
        print('no mood to run', file=sys.stderr, flush=True)
        sys.exit(3)
    if manifest.get('mood') == 'silent':
        time.sleep(3600)
    plugin.start(PluginConfig(
        name,
        made([Count], manifest.get('sources')),
        made([Write], manifest.get('sinks')),
        made([Revert, Same, Fail, Slow, Die, Pid, Where, Eat, Total], manifest.get('functions')),
    ))
