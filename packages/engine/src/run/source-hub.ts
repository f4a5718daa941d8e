/**
 * The open sources of one thread: private ones, shared streams by name, shared connections by subscription.
 *
 * A shared source opens with its first rule and closes with its last. One that has failed is replaced by the next rule
 * that attaches. Source: behaviour spec, runtime §12.
 */
import { decodeProps, errorText, type RowType } from '@kuiper/base';
import type { SourceDeclaration } from '@kuiper/sdk';
import { runErrors } from './errors.ts';
import { StateTable } from './extension-state.ts';
import { InputLog } from './input-log.ts';
import { type SourceSpec, sharedOwner } from './rule-spec.ts';
import type { RecordLog, RunServices } from './services.ts';
import { SharedState } from './shared-state.ts';
import { SourceRuntime, type SourceRuntimeOptions } from './source-runtime.ts';

export interface SourceRequest {
  readonly spec: SourceSpec;
  /** Declared columns as kinds, null for schemaless. */
  readonly schema: RowType | null;
  readonly ruleId: string;
  readonly sendError: boolean;
  /** The rule checkpoints state that depends on this source. */
  readonly checkpointed: boolean;
  readonly usesMeta: boolean;
  readonly resumeFrom: unknown;
  /** Where a source of the rule's own keeps what it keeps. */
  readonly states: StateTable;
  /** What the source keeps outlasts the run: `qos` ≥ 1. */
  readonly keepsState: boolean;
  /** Opens the input log of a source that belongs to the rule alone. */
  openInputLog(): Promise<RecordLog>;
}

export interface SourceLease {
  readonly runtime: SourceRuntime;
  readonly shared: boolean;
  /** Opens the source unless it is open. Call after attaching. */
  open(): Promise<void>;
  /** A source of the rule's own takes nothing more in. */
  quiesce(): void;
  /** Writes what a shared source keeps; what belongs to the rule is in its checkpoint. */
  saveState(): Promise<void>;
  release(): Promise<void>;
  /** Nobody reads the source's counters for this lease any more. Call once, after `release`. */
  free(): void;
}

interface SharedSource {
  readonly runtime: SourceRuntime;
  readonly states: StateTable;
  /** Set when a rule on it has `qos` ≥ 1. */
  kept: SharedState | null;
  opening: Promise<void> | null;
  /** Set when a rule needs an input log. */
  logging: Promise<void> | null;
  users: number;
  failed: boolean;
}

export class SourceHub {
  private readonly services: RunServices;
  private readonly shared = new Map<string, Promise<SharedSource>>();
  private readonly running = new Map<string, SharedSource>();
  /** Sources being closed: the next one of the same name waits for them. */
  private readonly closing = new Map<string, Promise<void>>();
  /** How many leases still show the counters of a source. */
  private readonly readers = new Map<SourceRuntime, number>();

  constructor(services: RunServices) {
    this.services = services;
  }

  /** The running shared source of a stream. */
  sharedSource(stream: string): SourceRuntime | null {
    return this.running.get(stream)?.runtime ?? null;
  }

  async acquire(request: SourceRequest): Promise<SourceLease> {
    const key = shareKey(request.spec, this.services);
    if (key === null) return this.acquirePrivate(request);
    const source = await this.join(key, request);
    if (request.keepsState) source.kept ??= SharedState.of(sharedOwner(request.spec), source.states, this.services);
    try {
      if (this.needsLog(request)) {
        source.logging ??= this.startLog(source.runtime, () => this.services.inputLog(key), true);
        await source.logging;
      }
    } catch (error) {
      source.logging = null;
      await this.leave(key, source);
      throw error;
    }
    return this.lease(key, source);
  }

  /** Shared sources take nothing more in: before all rules are stopped, one after the other. */
  quiesce(): void {
    for (const { runtime } of this.running.values()) runtime.quiesce();
  }

  private async join(key: string, request: SourceRequest): Promise<SharedSource> {
    for (;;) {
      const found = this.shared.get(key);
      const promise = found ?? this.begin(key, request);
      const source = await promise;
      if (!source.failed && !source.runtime.isOver) {
        source.users++;
        return source;
      }
      if (this.shared.get(key) !== promise) continue;
      this.shared.delete(key);
      // Its rules may take their time to go; what it holds open is needed now.
      if (source.users > 0) this.close(key, source).catch(() => {});
    }
  }

  private begin(key: string, request: SourceRequest): Promise<SharedSource> {
    const made = (async () => {
      await this.closing.get(key);
      const ruleId = sharedOwner(request.spec);
      const kept = request.keepsState ? await SharedState.load(ruleId, this.services) : null;
      const states = kept?.table ?? new StateTable();
      const runtime = this.create(request, { ruleId, states });
      states.restored();
      const source: SharedSource = { runtime, states, kept, opening: null, logging: null, users: 0, failed: false };
      this.running.set(key, source);
      return source;
    })();
    this.shared.set(key, made);
    made.catch(() => {
      if (this.shared.get(key) === made) this.shared.delete(key);
    });
    return made;
  }

  private lease(key: string, source: SharedSource): SourceLease {
    let released = false;
    return {
      runtime: source.runtime,
      shared: true,
      open: () => {
        source.opening ??= source.runtime.open().catch((error: unknown) => {
          source.failed = true;
          throw error;
        });
        return source.opening;
      },
      quiesce: () => {},
      saveState: async () => source.kept?.save(),
      release: async () => {
        if (released) return;
        released = true;
        await this.leave(key, source);
      },
      free: this.watchCounters(source.runtime),
    };
  }

  private async leave(key: string, source: SharedSource): Promise<void> {
    if (--source.users > 0) return;
    // Whoever comes from now on gets a new one.
    source.failed = true;
    if (this.running.get(key) === source) {
      this.running.delete(key);
      this.shared.delete(key);
    }
    await this.close(key, source);
  }

  private close(key: string, source: SharedSource): Promise<void> {
    const before = this.closing.get(key);
    const closed = (async () => {
      await before;
      await source.runtime.close();
      await source.kept?.save();
    })();
    const settled = closed
      .catch(() => {})
      .then(() => {
        if (this.closing.get(key) === settled) this.closing.delete(key);
      });
    this.closing.set(key, settled);
    return closed;
  }

  private async acquirePrivate(request: SourceRequest): Promise<SourceLease> {
    const runtime = this.create(request, request);
    if (this.needsLog(request)) await this.startLog(runtime, () => request.openInputLog(), request.usesMeta);
    return {
      runtime,
      shared: false,
      open: () => runtime.open(),
      quiesce: () => runtime.quiesce(),
      saveState: async () => {},
      release: () => runtime.close(),
      free: this.watchCounters(runtime),
    };
  }

  private needsLog({ spec, checkpointed }: SourceRequest): boolean {
    return checkpointed && sourceDeclaration(spec, this.services).replays !== true;
  }

  private async startLog(runtime: SourceRuntime, open: () => Promise<RecordLog>, keepMetas: boolean): Promise<void> {
    const { codec, logger, clock } = this.services;
    const log = await open();
    runtime.inputLog = new InputLog({
      log,
      codec,
      logger,
      clock,
      keepMetas,
      onError: (text) => {
        logger.error(`source ${runtime.name}: input log: ${text}; messages stay unacknowledged until it works`);
        runtime.fail(new Error(`input log: ${text}`));
      },
    });
  }

  /** The counters go back when nobody shows them any more. @returns what this reader calls when it is done */
  private watchCounters(runtime: SourceRuntime): () => void {
    this.readers.set(runtime, (this.readers.get(runtime) ?? 0) + 1);
    return () => {
      const left = (this.readers.get(runtime) ?? 1) - 1;
      this.readers.set(runtime, left);
      if (left > 0) return;
      this.readers.delete(runtime);
      this.services.counters.free(runtime.counters);
    };
  }

  private create(request: SourceRequest, owner: Pick<SourceRuntimeOptions, 'ruleId' | 'states'>): SourceRuntime {
    const { services } = this;
    const { spec } = request;
    const declaration = sourceDeclaration(spec, services);
    const format = declaration.emits === 'bytes' ? services.registries.format(spec.options.format ?? 'json') : null;
    if (format === undefined) throw runErrors.FORMAT_UNKNOWN(spec.options.format ?? 'json');
    return new SourceRuntime({
      spec,
      declaration,
      props: sourceProps(declaration, spec),
      format,
      schema: request.schema,
      services,
      name: spec.name,
      sendError: request.sendError,
      resumeFrom: request.resumeFrom,
      ...owner,
    });
  }
}

export function sourceDeclaration(spec: SourceSpec, services: RunServices): SourceDeclaration {
  const type = sourceType(spec);
  const declaration = services.registries.source(type);
  if (declaration === undefined) throw runErrors.SOURCE_UNKNOWN(type);
  return declaration;
}

export function sourceType(spec: SourceSpec): string {
  const type = spec.options.type ?? '';
  if (type !== '') return type;
  return spec.kind === 'table' ? 'file' : 'mqtt';
}

/** Decodes and checks the properties; throws the error that creating the rule answers. */
export function sourceProps(declaration: SourceDeclaration, spec: SourceSpec): Readonly<Record<string, unknown>> {
  try {
    const described = decodeProps(spec.props, declaration.props);
    const props = declaration.openProps === true ? { ...spec.props, ...described } : described;
    declaration.check?.(props, spec.options.datasource ?? '');
    return props;
  } catch (error) {
    throw runErrors.SOURCE_INVALID(errorText(error), { cause: error });
  }
}

/**
 * Null for a source of its own. Streams that name the same subscription of one connection may decode it differently:
 * only the rules on one of them share it.
 */
export function shareKey(spec: SourceSpec, services: RunServices): string | null {
  if (spec.options.shared === true) return spec.name;
  const declaration = sourceDeclaration(spec, services);
  const selector = spec.props.connectionSelector;
  if (declaration.subscriptionId === undefined || typeof selector !== 'string' || selector === '') return null;
  const subscription = declaration.subscriptionId(sourceProps(declaration, spec), spec.options.datasource ?? '');
  return `${selector}/${subscription}/${spec.name}`;
}
