/**
 * Plans the way out: one action of a rule becomes a chain of operators in front of a sink. Everything that can be
 * refused is refused here, when the rule is created. Source: behaviour spec, io §4 and runtime §5.4.
 */
import {
  decodeProps,
  defineErrors,
  ErrorCode,
  errorText,
  type PropSchema,
  prop,
  type Props,
  type RowType,
  valueText,
} from '@kuiper/base';
import type { FormatDeclaration, SinkDeclaration } from '@kuiper/sdk';
import type { ActionSpec } from './rule-spec.ts';
import type { CompiledTemplate, Registries, TransformServices } from './services.ts';

export const sinkPlanErrors = defineErrors({
  SINK_UNKNOWN: { code: ErrorCode.executor, domain: 'user', text: (type: string) => `sink ${type} is not defined` },
  SINK_PROPS: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (found: string) => `expect map[string]interface{} type for the action properties, but found ${found}`,
  },
  SINK_CONFIG: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (why: string) => `fail to parse sink configuration: ${why}`,
  },
  SINK_INVALID: { code: ErrorCode.executor, domain: 'user', text: (why: string) => why },
});

const commonProps = {
  sendSingle: prop.bool({ default: false }),
  omitIfEmpty: prop.bool({ default: false }),
  dataTemplate: prop.string({ default: '' }),
  dataField: prop.string({ default: '' }),
  tableDataField: prop.string({ default: '' }),
  fields: prop.strings({ default: [] }),
  excludeFields: prop.strings({ default: [] }),
  format: prop.string({ default: 'json' }),
  schemaId: prop.string({ default: '' }),
  delimiter: prop.string({ default: '' }),
  hasHeader: prop.bool({ default: false }),
  bufferLength: prop.int({ default: 1024 }),
  concurrency: prop.int({ default: 1 }),
  batchSize: prop.int({ default: 0 }),
  lingerInterval: prop.duration({ default: 0 }),
  compression: prop.string({ default: '' }),
  compressionProps: prop.map({ optional: true }),
  encryption: prop.string({ default: '' }),
  encProps: prop.map({ optional: true }),
} satisfies PropSchema;

const cacheProps = {
  enableCache: prop.bool({ default: false }),
  memoryCacheThreshold: prop.int({ default: 1024 }),
  maxDiskCache: prop.int({ default: 1_024_000 }),
  bufferPageSize: prop.int({ default: 256 }),
  resendInterval: prop.duration({ default: 0 }),
  cleanCacheAtStop: prop.bool({ default: false }),
  resendAlterQueue: prop.bool({ default: false }),
  resendPriority: prop.int({ default: 0 }),
  resendIndicatorField: prop.string({ default: '' }),
  resendDestination: prop.string({ default: '' }),
} satisfies PropSchema;

export type CommonSinkProps = Props<typeof commonProps>;
export type SinkCacheProps = Props<typeof cacheProps>;

export interface SinkPlan {
  /** `rest_0`. */
  readonly name: string;
  readonly declaration: SinkDeclaration;
  /** As written, with connection properties merged. */
  readonly rawProps: Readonly<Record<string, unknown>>;
  readonly props: Readonly<Record<string, unknown>>;
  readonly common: CommonSinkProps;
  readonly cache: SinkCacheProps;
  /** Null when the sink takes rows. */
  readonly format: FormatDeclaration | null;
  readonly template: CompiledTemplate | null;
  /** Templates of dynamic properties by property path. */
  readonly dynamic: readonly { readonly path: string; readonly template: CompiledTemplate }[];
  readonly compress: ((bytes: Uint8Array) => Uint8Array) | null;
  readonly encrypt: ((bytes: Uint8Array) => Uint8Array) | null;
  /** The engine batches (batchSize or lingerInterval, and the sink does not do it itself). */
  readonly batching: boolean;
  /** Names of the chain's operators in order: `rest_0_0_transform`, `rest_0_1_encode` … */
  readonly chain: readonly string[];
  /** Name of the resend sink in alternate queue mode. */
  readonly resendName: string | null;
}

/**
 * Plans one action; throws the {@link KuiperError} that creating the rule answers.
 * @param name of the sink; actions of a statement go by type and position
 */
export function planSink(
  action: ActionSpec,
  registries: Registries,
  services: TransformServices,
  name = `${action.type}_${action.index}`,
): SinkPlan {
  const { type } = action;
  const raw = action.props;
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw))
    throw sinkPlanErrors.SINK_PROPS(valueText(raw, 'any'));
  const declaration = registries.sink(type);
  if (declaration === undefined) throw sinkPlanErrors.SINK_UNKNOWN(type);
  const rawProps = raw as Record<string, unknown>;
  const common = parseCommon(rawProps);
  const cache = parseCache(rawProps);
  const props = decodeSinkProps(declaration, rawProps);
  const format = planFormat(declaration, common, registries, services);
  const template = compileTemplate(common.dataTemplate, services);
  const compress =
    common.compression === ''
      ? null
      : pick(services.compressor(common.compression, common.compressionProps ?? {}), 'compressor', common.compression);
  const encrypt =
    common.encryption === ''
      ? null
      : pick(services.encryptor(common.encryption, common.encProps ?? {}), 'encryptor', common.encryption);
  const batching = declaration.batches !== true && (common.batchSize > 0 || common.lingerInterval > 0);
  const chain = chainNames(name, declaration, { batching, compress, encrypt, cache });
  const resendName = cache.enableCache && cache.resendAlterQueue ? `${name}_resend` : null;
  return {
    name,
    declaration,
    rawProps,
    props,
    common,
    cache,
    format,
    template,
    dynamic: dynamicTemplates(declaration, rawProps, services),
    compress: declaration.accepts === 'bytes' && declaration.compresses !== true ? compress : null,
    encrypt: declaration.accepts === 'bytes' && declaration.compresses !== true ? encrypt : null,
    batching,
    chain,
    resendName,
  };
}

function parseCommon(raw: Record<string, unknown>): CommonSinkProps {
  let common: CommonSinkProps;
  try {
    common = decodeProps(raw, commonProps);
  } catch (error) {
    throw sinkPlanErrors.SINK_CONFIG(`read properties ${valueText(raw, 'any')} fail with error: ${errorText(error)}`);
  }
  if (common.batchSize < 0) throw sinkPlanErrors.SINK_CONFIG(`invalid batchSize ${common.batchSize}`);
  if (common.lingerInterval < 0) {
    throw sinkPlanErrors.SINK_CONFIG(`invalid lingerInterval ${common.lingerInterval * 1e6}, must be positive`);
  }
  if (common.fields.length > 0 && common.excludeFields.length > 0) {
    throw sinkPlanErrors.SINK_INVALID('field and excludeFields cannot both be set');
  }
  return common;
}

function parseCache(raw: Record<string, unknown>): SinkCacheProps {
  let cache: SinkCacheProps;
  try {
    cache = decodeProps(raw, cacheProps);
  } catch (error) {
    throw sinkPlanErrors.SINK_CONFIG(
      `read properties ${valueText(raw, 'any')} to cache conf fail with error: ${errorText(error)}`,
    );
  }
  const problems = cacheProblems(cache);
  if (problems.length > 0) throw sinkPlanErrors.SINK_CONFIG(`invalid cache properties: ${problems.join('\n')}`);
  return cache;
}

/** Source: behaviour spec, io §5.1. */
function cacheProblems(cache: SinkCacheProps): string[] {
  const { memoryCacheThreshold: memory, maxDiskCache: disk, bufferPageSize: page } = cache;
  const checks: readonly (readonly [boolean, string, string])[] = [
    [memory < 0, 'memoryCacheThreshold', 'memoryCacheThreshold must be positive'],
    [disk < 0, 'maxDiskCache', 'maxDiskCache must be positive'],
    [page <= 0, 'bufferPageSize', 'bufferPageSize must be positive'],
    [cache.resendInterval < 0, 'resendInterval', 'resendInterval must be positive'],
    [
      memory >= 0 && page > memory,
      'memoryCacheThresholdTooSmall',
      'memoryCacheThreshold must be greater than or equal to bufferPageSize',
    ],
    [
      memory >= 0 && page > 0 && memory % page !== 0,
      'memoryCacheThresholdNotMultiple',
      'memoryCacheThreshold must be a multiple of bufferPageSize',
    ],
    [disk >= 0 && page > disk, 'maxDiskCacheTooSmall', 'maxDiskCache must be greater than or equal to bufferPageSize'],
    [
      disk >= 0 && page > 0 && disk % page !== 0,
      'maxDiskCacheNotMultiple',
      'maxDiskCache must be a multiple of bufferPageSize',
    ],
    [Math.abs(cache.resendPriority) > 1, 'resendPriority', 'resendPriority must be -1, 0 or 1'],
  ];
  return checks.filter(([wrong]) => wrong).map(([, key, text]) => `${key}:${text}`);
}

function decodeSinkProps(
  declaration: SinkDeclaration,
  raw: Record<string, unknown>,
): Readonly<Record<string, unknown>> {
  try {
    const described = decodeProps(raw, declaration.props);
    const props = declaration.openProps === true ? { ...raw, ...described } : described;
    declaration.check?.(props);
    return props;
  } catch (error) {
    throw sinkPlanErrors.SINK_INVALID(errorText(error), { cause: error });
  }
}

function planFormat(
  declaration: SinkDeclaration,
  common: CommonSinkProps,
  registries: Registries,
  services: TransformServices,
): FormatDeclaration | null {
  const name = common.format.toLowerCase();
  const format = registries.format(name);
  if (format === undefined) throw sinkPlanErrors.SINK_INVALID(`format type ${common.format} not supported`);
  if (declaration.accepts !== 'bytes') return null;
  const problem = services.schemaProblem(name, common.schemaId);
  if (problem !== null) throw sinkPlanErrors.SINK_INVALID(problem);
  return format;
}

function compileTemplate(text: string, services: TransformServices): CompiledTemplate | null {
  if (text === '') return null;
  try {
    return services.template(text);
  } catch (error) {
    throw sinkPlanErrors.SINK_INVALID(errorText(error), { cause: error });
  }
}

function pick<T>(made: T | undefined, kind: 'compressor' | 'encryptor', name: string): T {
  if (made !== undefined) return made;
  const why = kind === 'compressor' ? `unsupported compressor: ${name}` : `encryptor '${name}' is not supported`;
  throw sinkPlanErrors.SINK_INVALID(`get ${kind} ${name} fail with error: ${why}`);
}

const templatePattern = /\{\{(.*?)\}\}/;

/**
 * Compiles the templates in the properties that the sink declares dynamic; `properties.*` means every entry, `*` every
 * text at any depth but the data template.
 */
function dynamicTemplates(
  declaration: SinkDeclaration,
  raw: Record<string, unknown>,
  services: TransformServices,
): { readonly path: string; readonly template: CompiledTemplate }[] {
  const found: { path: string; template: CompiledTemplate }[] = [];
  const visit = (path: string, value: unknown): void => {
    if (typeof value !== 'string' || !templatePattern.test(value)) return;
    const template = compileTemplate(value, services);
    if (template !== null) found.push({ path, template });
  };
  const visitAll = (path: string, value: unknown): void => {
    visit(path, value);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
    for (const [key, member] of Object.entries(value)) visitAll(`${path}.${key}`, member);
  };
  for (const path of declaration.dynamic ?? []) {
    if (path === '*') {
      for (const [key, value] of Object.entries(raw)) if (key !== 'dataTemplate') visitAll(key, value);
    } else if (!path.endsWith('.*')) visit(path, raw[path]);
    else {
      const parent = raw[path.slice(0, -2)];
      if (parent === null || typeof parent !== 'object') continue;
      for (const [key, value] of Object.entries(parent)) visit(`${path.slice(0, -1)}${key}`, value);
    }
  }
  return found;
}

interface ChainTraits {
  readonly batching: boolean;
  readonly compress: unknown;
  readonly encrypt: unknown;
  readonly cache: SinkCacheProps;
}

/** Operators between the rule's last node and the sink. Source: behaviour spec, runtime §5.4. */
function chainNames(name: string, declaration: SinkDeclaration, traits: ChainTraits): string[] {
  const bytes = declaration.accepts === 'bytes';
  const streams = declaration.compresses === true;
  const kinds: string[] = [];
  if (traits.batching) kinds.push('batch');
  kinds.push('transform');
  if (traits.batching) kinds.push('batchWriter');
  else if (bytes) kinds.push('encode');
  if (bytes && !streams && traits.compress !== null) kinds.push('compress');
  if (bytes && !streams && traits.encrypt !== null) kinds.push('encrypt');
  if (traits.cache.enableCache && !traits.cache.resendAlterQueue) kinds.push('cache');
  return kinds.map((kind, i) => `${name}_${i}_${kind}`);
}

/** Kinds of the rows after `fields` and `excludeFields`. */
export function selectedType(type: RowType, common: CommonSinkProps): RowType {
  if (common.dataField !== '' || common.tableDataField !== '') return { k: 'map', fields: {}, rest: 'any' };
  if (common.fields.length > 0) {
    const fields = Object.fromEntries(common.fields.map((name) => [name, type.fields[name] ?? type.rest ?? 'null']));
    return { k: 'map', fields, rest: null };
  }
  if (common.excludeFields.length > 0) {
    const kept = Object.entries(type.fields).filter(([name]) => !common.excludeFields.includes(name));
    return { k: 'map', fields: Object.fromEntries(kept), rest: type.rest };
  }
  return type;
}
