/** A source and a sink that do what a test says, and a host that runs rules with them on a clock moved by hand. */
import { type Logger, ManualClock, prop, type Row } from '@kuiper/base';
import type { Activity } from '@kuiper/engine';
import { createInProcessHost, defaultEngineSettings, type InProcessHost, type RunEnd } from '@kuiper/host';
import {
  type Backpressure,
  defineSink,
  defineSource,
  type FunctionDeclaration,
  type LookupDeclaration,
  type OpenSink,
  type SinkContext,
  type SinkDeclaration,
  type SinkItems,
  type SourceContext,
  type SourceDeclaration,
  type Subscription,
} from '@kuiper/sdk';
import { CrashingDisk } from './crashing-disk.ts';

/** One open of a scripted source. */
export class Feed implements Subscription {
  readonly context: SourceContext;
  readonly committedTo: number[] = [];
  closed = 0;
  position = 0;

  constructor(context: SourceContext) {
    this.context = context;
  }

  /** Hands in one batch of JSON messages. */
  send(...rows: readonly unknown[]): Promise<void> | undefined {
    return this.sendTexts(...rows.map((row) => JSON.stringify(row)));
  }

  sendTexts(...texts: readonly string[]): Promise<void> | undefined {
    const messages = texts.map((text) => Buffer.from(text));
    const buffer = Buffer.concat(messages);
    const ends: number[] = [];
    for (const { length } of messages) ends.push((ends.at(-1) ?? 0) + length);
    const position = this.position;
    this.position += texts.length;
    return this.context.ingest({
      buffer,
      starts: [0, ...ends.slice(0, -1)],
      ends,
      count: texts.length,
      timestampMs: this.context.clock.now(),
      position,
      meta: () => ({ topic: 'scripted' }),
    });
  }

  /** Position up to which everything is acknowledged; -1 for nothing. */
  get committedUpTo(): number {
    return this.committedTo.at(-1) ?? -1;
  }

  committed(position: number): void {
    this.committedTo.push(position);
  }

  stateAt(position: number): unknown {
    return { next: position + 1 };
  }

  close(): void {
    this.closed++;
  }
}

/** A sink by its name; what was written stays over restarts. */
export class Drain {
  readonly written: string[] = [];
  readonly props: unknown[] = [];
  opened = 0;
  closed = 0;
  ended = 0;
  context: SinkContext | null = null;
  /** Decides about one write; the default takes everything at once. */
  behave: (payloads: readonly string[]) => Promise<void> | undefined = () => undefined;
  opens: () => Promise<void> | undefined = () => undefined;

  /** The objects written, lists opened up. */
  get rows(): Row[] {
    return this.written.flatMap((text) => JSON.parse(text) as Row[]);
  }

  /** From now on nothing is answered until the returned functions say how it went. */
  hold(): { readonly pending: readonly (readonly string[])[]; succeed(): void; fail(error: Error): void } {
    const pending: (readonly string[])[] = [];
    const settlers: [() => void, (error: Error) => void][] = [];
    this.behave = (payloads) => {
      pending.push([...payloads]);
      return new Promise((resolve, reject) => settlers.push([resolve, reject]));
    };
    return { pending, succeed: () => settlers.shift()?.[0](), fail: (error) => settlers.shift()?.[1](error) };
  }

  release(): void {
    this.behave = () => undefined;
  }
}

export interface ScriptedOptions {
  readonly disk?: CrashingDisk;
  readonly clock?: ManualClock;
  readonly logger?: Logger;
  readonly backpressure?: Backpressure;
  /** Sinks that stay the same over hosts. */
  readonly drains?: Map<string, Drain>;
  readonly functions?: readonly FunctionDeclaration[];
  readonly lookups?: readonly LookupDeclaration[];
  readonly activity?: Activity;
}

export class ScriptedHost {
  readonly host: InProcessHost;
  readonly clock: ManualClock;
  readonly disk: CrashingDisk;
  readonly drains: Map<string, Drain>;
  /** Opens by DATASOURCE, oldest first. */
  readonly opens: Map<string, Feed[]>;
  readonly ends: RunEnd[] = [];
  readonly logged: string[];
  /** What opening a source waits for or fails with, by DATASOURCE. */
  readonly opening: Map<string, (feed: Feed) => Promise<void>>;

  private constructor(
    host: InProcessHost,
    clock: ManualClock,
    disk: CrashingDisk,
    drains: Map<string, Drain>,
    opens: Map<string, Feed[]>,
    opening: Map<string, (feed: Feed) => Promise<void>>,
    logged: string[],
  ) {
    this.host = host;
    this.clock = clock;
    this.disk = disk;
    this.drains = drains;
    this.opens = opens;
    this.opening = opening;
    this.logged = logged;
    host.onEnd((end) => this.ends.push(end));
  }

  static async create(options: ScriptedOptions = {}): Promise<ScriptedHost> {
    const clock = options.clock ?? new ManualClock(1_700_000_000_000);
    const disk = options.disk ?? new CrashingDisk();
    const drains = options.drains ?? new Map<string, Drain>();
    const opens = new Map<string, Feed[]>();
    const opening = new Map<string, (feed: Feed) => Promise<void>>();
    const logged: string[] = [];
    const host = await createInProcessHost({
      settings: { ...defaultEngineSettings, dataPath: '/data', dataServer: { host: '127.0.0.1', port: 0 } },
      kv: disk.kv,
      files: disk.files,
      clock,
      logger: options.logger ?? notingLogger(logged),
      ...(options.activity === undefined ? {} : { activity: options.activity }),
      extensions: {
        sources: [
          scriptedSource('scripted', opens, opening, { backpressure: options.backpressure ?? 'withhold' }),
          scriptedSource('connected', opens, opening, {
            backpressure: 'withhold',
            subscriptionId: (_props, dataSource) => dataSource,
          }),
          scriptedSource('replaying', opens, opening, { backpressure: 'pause', replays: true }),
        ],
        sinks: [scriptedSink('scripted', drains)],
        functions: options.functions ?? [],
        lookups: options.lookups ?? [],
      },
    });
    return new ScriptedHost(host, clock, disk, drains, opens, opening, logged);
  }

  drain(name: string): Drain {
    const drain = this.drains.get(name) ?? new Drain();
    this.drains.set(name, drain);
    return drain;
  }

  /** The present open of a source. */
  feed(name: string): Feed {
    const feed = this.opens.get(name)?.at(-1);
    if (feed === undefined) throw new Error(`source ${name} is not open`);
    return feed;
  }

  /** Lets everything happen that happens without time going by, but for the few ms of group commits. */
  async settle(rounds = 6): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      await turn();
      this.clock.advance(i === 0 ? 0 : 5);
    }
    await turn();
  }

  async start(spec: Parameters<InProcessHost['deploy']>[0]): Promise<void> {
    await this.host.deploy(spec);
    await this.host.start(spec.id);
    await this.settle();
  }

  /** Stopping waits for the disk, whose timers need the clock. */
  async stop(ruleId: string): Promise<void> {
    await this.during(this.host.stop(ruleId));
  }

  async close(): Promise<void> {
    await this.during(this.host.close());
  }

  /** Moves the clock until the promise settles. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const watched = promise.finally(() => {
      isSettled = true;
    });
    watched.catch(() => {});
    for (let i = 0; i < 5000 && !isSettled; i++) {
      await turn();
      if (!isSettled && i % 4 === 3) this.clock.advance(5);
    }
    if (!isSettled) throw new Error('it does not settle');
    return watched;
  }

  metric(ruleId: string, node: string): NonNullable<ReturnType<InProcessHost['metrics']>>[number] {
    const found = this.host.metrics(ruleId)?.find(({ name }) => name === node);
    if (found === undefined) {
      const names = this.host.metrics(ruleId)?.map(({ name }) => name);
      throw new Error(`no node ${node} among ${names?.join(', ')}`);
    }
    return found;
  }
}

/** One round of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function scriptedSource(
  type: string,
  opens: Map<string, Feed[]>,
  opening: Map<string, (feed: Feed) => Promise<void>>,
  traits: Pick<SourceDeclaration, 'backpressure' | 'replays' | 'subscriptionId'>,
): SourceDeclaration {
  return defineSource({
    type,
    about: { en: 'Says what a test says.', zh: '测试用数据源。' },
    emits: 'bytes',
    ...traits,
    props: {},
    async open(context, _props, dataSource) {
      const feed = new Feed(context);
      await opening.get(dataSource)?.(feed);
      opens.set(dataSource, [...(opens.get(dataSource) ?? []), feed]);
      context.status('connected');
      return feed;
    },
  });
}

function scriptedSink(type: string, drains: Map<string, Drain>): SinkDeclaration {
  return defineSink({
    type,
    about: { en: 'Takes what a test lets it take.', zh: '测试用动作。' },
    accepts: 'bytes',
    props: { name: prop.string({ default: 'out' }), topic: prop.string({ default: '' }) },
    dynamic: ['topic'],
    open(context, p) {
      const drain = drains.get(p.name) ?? new Drain();
      drains.set(p.name, drain);
      drain.opened++;
      drain.context = context;
      const sink: OpenSink = {
        write(items: SinkItems) {
          if (items.kind !== 'bytes') throw new Error('bytes were asked for');
          const payloads = items.payloads.map((payload) => Buffer.from(payload).toString());
          const take = (): void => {
            drain.written.push(...payloads);
            drain.props.push(...payloads.map((_, i) => items.props?.[i] ?? null));
          };
          const done = drain.behave(payloads);
          if (done !== undefined) return done.then(take);
          take();
          return undefined;
        },
        end: () => void drain.ended++,
        close: () => void drain.closed++,
      };
      const wait = drain.opens();
      return wait === undefined ? sink : wait.then(() => sink);
    },
  });
}

function notingLogger(lines: string[]): Logger {
  const note =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  const logger: Logger = {
    debug: () => {},
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    with: () => logger,
    debugEnabled: false,
  };
  return logger;
}
