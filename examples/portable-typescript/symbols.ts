/** A source, a sink, two functions and a lookup source. The same classes work as native plugins. */
import { appendFileSync } from 'node:fs';
import type {
  CallArgument,
  PluginContext,
  PluginFunction,
  PluginFunctionContext,
  PluginIngest,
  PluginLookup,
  PluginPayload,
  PluginProps,
  PluginSink,
  PluginSource,
} from '@kuiper/sdk';

/** Counts, from where it was when it stopped. */
export class TickerTs implements PluginSource {
  #device = '';
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = 1000;

  provision(_: PluginContext, { datasource, interval = 1000 }: PluginProps): void {
    if (!(Number(interval) > 0)) throw new Error('interval must be positive');
    this.#device = String(datasource);
    this.#intervalMs = Number(interval);
  }

  subscribe(context: PluginContext, ingest: PluginIngest): void {
    this.#timer = setInterval(() => {
      const n = context.incrCounter('n', 1);
      void ingest({ n, half: n / 2, device: this.#device }, { nr: n });
    }, this.#intervalMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Appends numbered lines to a file, whose name may depend on the row: `"path": "/tmp/{{.device}}.log"`. */
export class JournalTs implements PluginSink {
  #path = '';

  provision(_: PluginContext, { path }: PluginProps): void {
    this.#path = String(path);
  }

  collect(context: PluginContext, item: PluginPayload): void {
    const path = item.dynamicProps(this.#path) ?? this.#path;
    appendFileSync(path, `${context.incrCounter('lines', 1)} ${Buffer.from(item.raw()).toString()}\n`);
  }
}

/** The average of all values so far. */
export class AverageTs implements PluginFunction {
  validate(args: readonly CallArgument[]): string | null {
    if (args.length !== 1) return `expects one argument but got ${args.length}`;
    return args[0]?.literal === 'string' ? 'expects a number' : null;
  }

  exec(context: PluginFunctionContext, [value]: readonly unknown[]): number {
    const total = ((context.getState('total') as number | undefined) ?? 0) + Number(value);
    context.putState('total', total);
    return total / context.incrCounter('count', 1);
  }
}

/** Its argument, whatever kind that has. */
export class EchoTs implements PluginFunction {
  exec(_: PluginFunctionContext, [value]: readonly unknown[]): unknown {
    return value;
  }
}

export class SitesTs implements PluginLookup {
  #prefix = '';

  provision(_: PluginContext, { datasource }: PluginProps): void {
    this.#prefix = String(datasource);
  }

  lookup(_: PluginContext, _fields: unknown, keys: readonly string[], values: readonly unknown[]) {
    const row = Object.fromEntries(keys.map((key, i) => [key, values[i]]));
    return [{ ...row, site: `${this.#prefix} ${values[0]}` }];
  }
}
