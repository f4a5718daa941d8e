/**
 * `kuiper.yaml`: every key with its fall-back value. Keys are matched in any case, unknown ones ignored, a value of the
 * wrong type is fatal. Source: behaviour spec, rest-cli-config §11.
 */
import { decodeProps, errorText, lookupProp, type Prop, type PropSchema, type Props, prop } from '@kuiper/base';
import { defaultPortableOptions, type PortableOptions } from '@kuiper/extensions/install';
import { serverErrors } from '../errors.ts';

const basic = {
  logLevel: prop.string({ default: 'info' }),
  debug: prop.bool(),
  consoleLog: prop.bool(),
  fileLog: prop.bool({ default: true }),
  logDisableTimestamp: prop.bool(),
  rotateTime: prop.int({ default: 24 }),
  maxAge: prop.int({ default: 72 }),
  rotateSize: prop.int({ default: 10_485_760 }),
  rotateCount: prop.int({ default: 3 }),
  restIp: prop.string({ default: '127.0.0.1' }),
  restPort: prop.int({ default: 9081 }),
  restTls: prop.map(),
  timezone: prop.string({ default: 'Local' }),
  authentication: prop.bool(),
  prometheus: prop.bool(),
  prometheusPort: prop.int({ default: 20_499 }),
  pluginHosts: prop.string({ default: 'https://packages.emqx.io' }),
  ignoreCase: prop.bool(),
  rulePatrolInterval: prop.duration({ default: '10s' }),
  aesKey: prop.string({ secret: true }),
  gracefulShutdownTimeout: prop.duration({ default: '10s' }),
  metricsDumpConfig: prop.map(),
  enableRestAuditLog: prop.bool(),
  enablePrivateNet: prop.bool(),
  allowExternalFileAccess: prop.bool({ default: true }),
  workers: prop.int({ default: 1 }),
  installPluginDependencies: prop.bool(),
};

const source = {
  httpServerIp: prop.string({ default: '127.0.0.1' }),
  httpServerPort: prop.int({ default: 10_081 }),
  httpServerTls: prop.map(),
};

const sink = {
  enableCache: prop.bool(),
  memoryCacheThreshold: prop.int({ default: 1024 }),
  maxDiskCache: prop.int({ default: 1_024_000 }),
  bufferPageSize: prop.int({ default: 256 }),
  resendInterval: prop.duration(),
  cleanCacheAtStop: prop.bool(),
  resendAlterQueue: prop.bool(),
  resendPriority: prop.int(),
  resendIndicatorField: prop.string(),
  resendDestination: prop.string(),
};

const portable = {
  pythonBin: prop.string({ default: 'python' }),
  initTimeout: prop.duration({ default: '60s' }),
  sendTimeout: prop.duration({ default: '5s' }),
  recvTimeout: prop.duration({ default: '5s' }),
  controlTimeout: prop.duration({ default: '30s' }),
  ackTimeout: prop.duration({ default: '30s' }),
  extras: prop.bool({ default: true }),
};

const store = {
  type: prop.string({ default: 'sqlite' }),
  extStateType: prop.string({ default: 'sqlite' }),
};

const tlsFiles = { certfile: prop.string(), keyfile: prop.string() };

export interface KuiperConfig {
  readonly basic: Props<typeof basic>;
  readonly source: Props<typeof source>;
  readonly sink: Props<typeof sink>;
  readonly store: Props<typeof store>;
  readonly portable: PortableOptions;
  /** Files of the REST certificate; null without TLS. */
  readonly restTls: TlsFiles | null;
  readonly dataServerTls: TlsFiles | null;
  /** The `rule` section as written: defaults of rule options. */
  readonly rule: Readonly<Record<string, unknown>>;
}

export interface TlsFiles {
  readonly certfile: string;
  readonly keyfile: string;
}

const storeTypes = ['sqlite', 'pebble', 'fdb', 'level', ''];

/** @param bag the parsed file with the environment laid over it */
export function readKuiperConfig(bag: Readonly<Record<string, unknown>>, file = 'kuiper.yaml'): KuiperConfig {
  try {
    const config: KuiperConfig = {
      basic: section(bag, 'basic', basic),
      source: section(bag, 'source', source),
      sink: section(bag, 'sink', sink),
      store: section(bag, 'store', store),
      portable: readPortable(section(bag, 'portable', portable)),
      restTls: tls(lookupProp(sectionBag(bag, 'basic'), 'restTls')),
      dataServerTls: tls(lookupProp(sectionBag(bag, 'source'), 'httpServerTls')),
      rule: sectionBag(bag, 'rule'),
    };
    check(config);
    return config;
  } catch (error) {
    throw serverErrors.CONFIGURATION(file, errorText(error), { cause: error });
  }
}

/** A time of 0 or less means the built-in one. Source: behaviour spec, extension §4.10. */
function readPortable(given: Props<typeof portable>): PortableOptions {
  const orDefault = (ms: number, standard: number): number => (ms > 0 ? ms : standard);
  const standard = defaultPortableOptions;
  return {
    pythonBin: given.pythonBin || standard.pythonBin,
    initTimeoutMs: orDefault(given.initTimeout, standard.initTimeoutMs),
    sendTimeoutMs: orDefault(given.sendTimeout, standard.sendTimeoutMs),
    recvTimeoutMs: orDefault(given.recvTimeout, standard.recvTimeoutMs),
    controlTimeoutMs: orDefault(given.controlTimeout, standard.controlTimeoutMs),
    ackTimeoutMs: orDefault(given.ackTimeout, standard.ackTimeoutMs),
    extras: given.extras,
  };
}

function check(config: KuiperConfig): void {
  const { type } = config.store;
  if (type === 'redis')
    throw serverErrors.REQUEST('store.type redis is not supported yet, leave it out for the embedded store');
  if (!storeTypes.includes(type)) throw serverErrors.REQUEST(`unknown store.type ${type}`);
  if (config.basic.prometheus && config.basic.prometheusPort <= 0) {
    throw serverErrors.REQUEST('basic.prometheusPort must be greater than 0');
  }
}

function sectionBag(bag: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const value = lookupProp(bag, name) ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw serverErrors.REQUEST(`section ${name} must be a map`);
  return value as Record<string, unknown>;
}

function section<P extends PropSchema>(bag: Readonly<Record<string, unknown>>, name: string, schema: P): Props<P> {
  return decodeProps(lenient(sectionBag(bag, name), schema), schema);
}

/** What the environment cannot say in the right type: a number for a text, 0 and 1 for a boolean. */
function lenient(bag: Readonly<Record<string, unknown>>, schema: PropSchema): Record<string, unknown> {
  const result: Record<string, unknown> = { ...bag };
  for (const [name, { kind }] of Object.entries(schema) as [string, Prop][]) {
    const value = lookupProp(bag, name);
    if (kind === 'string' && (typeof value === 'number' || typeof value === 'boolean')) result[name] = String(value);
    if (kind === 'bool' && (value === 0 || value === 1)) result[name] = value === 1;
  }
  return result;
}

function tls(value: unknown): TlsFiles | null {
  if (value === null || value === undefined) return null;
  const files = decodeProps(value as Record<string, unknown>, tlsFiles);
  return files.certfile === '' && files.keyfile === '' ? null : files;
}
