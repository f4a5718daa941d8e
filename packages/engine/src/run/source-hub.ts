/**
 * The open sources of one thread: private ones, shared streams by name, shared connections by subscription.
 *
 * A shared source opens with its first rule and closes with its last. One that has failed is replaced by the next rule
 * that attaches. Source: behaviour spec, runtime §12.
 */
import { decodeProps, errorText, type RowType } from '@kuiper/base';
import type { SourceDeclaration } from '@kuiper/sdk';
import { runErrors } from './errors.ts';
import { InputLog } from './input-log.ts';
import type { SourceSpec } from './rule-spec.ts';
import type { RecordLog, RunServices } from './services.ts';
import { SourceRuntime } from './source-runtime.ts';

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
  /** Opens the input log of a source that belongs to the rule alone. */
  openInputLog(): Promise<RecordLog>;
}

export interface SourceLease {
  readonly runtime: SourceRuntime;
  readonly inputLog: InputLog | null;
  readonly shared: boolean;
  /** Opens the source unless it is open. Call after attaching. */
  open(): Promise<void>;
  release(): Promise<void>;
}

interface SharedSource {
  readonly runtime: SourceRuntime;
  readonly inputLog: InputLog | null;
  opening: Promise<void> | null;
  users: number;
  failed: boolean;
}

export class SourceHub {
  private readonly services: RunServices;
  private readonly shared = new Map<string, SharedSource>();

  constructor(services: RunServices) {
    this.services = services;
  }

  /** The running shared source of a stream. */
  sharedSource(stream: string): SourceRuntime | null {
    return this.shared.get(stream)?.runtime ?? null;
  }

  async acquire(request: SourceRequest): Promise<SourceLease> {
    const key = shareKey(request.spec, this.services);
    if (key === null) return this.acquirePrivate(request);
    let source = this.shared.get(key);
    if (source === undefined || source.failed) {
      source = {
        ...(await this.create(request, () => this.services.inputLog(key))),
        opening: null,
        users: 0,
        failed: false,
      };
      this.shared.set(key, source);
    }
    source.users++;
    return this.lease(key, source);
  }

  private lease(key: string, source: SharedSource): SourceLease {
    let released = false;
    return {
      runtime: source.runtime,
      inputLog: source.inputLog,
      shared: true,
      open: () => {
        source.opening ??= source.runtime.open().catch((error: unknown) => {
          source.failed = true;
          throw error;
        });
        return source.opening;
      },
      release: async () => {
        if (released) return;
        released = true;
        if (--source.users > 0) return;
        if (this.shared.get(key) === source) this.shared.delete(key);
        await source.runtime.close();
      },
    };
  }

  private async acquirePrivate(request: SourceRequest): Promise<SourceLease> {
    const { runtime, inputLog } = await this.create(request, () => request.openInputLog());
    return { runtime, inputLog, shared: false, open: () => runtime.open(), release: () => runtime.close() };
  }

  private async create(
    request: SourceRequest,
    openLog: () => Promise<RecordLog>,
  ): Promise<{ readonly runtime: SourceRuntime; readonly inputLog: InputLog | null }> {
    const { services } = this;
    const { spec } = request;
    const declaration = sourceDeclaration(spec, services);
    const format = declaration.emits === 'bytes' ? services.registries.format(spec.options.format ?? 'json') : null;
    if (format === undefined) throw runErrors.FORMAT_UNKNOWN(spec.options.format ?? 'json');
    const needsLog = request.checkpointed && declaration.replays !== true;
    let runtime: SourceRuntime | null = null;
    const inputLog = needsLog
      ? new InputLog({
          log: await openLog(),
          codec: services.codec,
          logger: services.logger,
          keepMetas: request.usesMeta || isShared(spec),
          onError: (text) => runtime?.fail(new Error(`input log: ${text}`)),
        })
      : null;
    runtime = new SourceRuntime({
      spec,
      declaration,
      props: sourceProps(declaration, spec),
      format,
      schema: request.schema,
      services,
      name: spec.name,
      sendError: request.sendError,
      resumeFrom: request.resumeFrom,
      inputLog,
    });
    return { runtime, inputLog };
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
    const props = decodeProps(spec.props, declaration.props);
    declaration.check?.(props, spec.options.datasource ?? '');
    return props;
  } catch (error) {
    throw runErrors.SOURCE_INVALID(errorText(error), { cause: error });
  }
}

export function isShared(spec: SourceSpec): boolean {
  return spec.options.shared === true;
}

/** Null for a source of its own. */
function shareKey(spec: SourceSpec, services: RunServices): string | null {
  if (isShared(spec)) return spec.name;
  const declaration = sourceDeclaration(spec, services);
  const selector = spec.props.connectionSelector;
  if (declaration.subscriptionId === undefined || typeof selector !== 'string' || selector === '') return null;
  return `${selector}/${declaration.subscriptionId(sourceProps(declaration, spec), spec.options.datasource ?? '')}`;
}
