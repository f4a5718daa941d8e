/** Options of a rule: defaults of the configuration, what the rule says, checks. Source: behaviour spec, runtime §2. */
import { errorText, nearestName, parseDateTime, parseDuration } from '@kuiper/base';
import type { RuleOptions } from '@kuiper/host';
import { type Fields, isMap, mismatch, property, readFields } from '../http/json-body.ts';

export interface OptionDefaults {
  /** The `rule` section of the configuration. */
  readonly section: Readonly<Record<string, unknown>>;
  /** Zone of `cronDatetimeRange` texts. */
  readonly timeZone: string;
  readonly nowMs: number;
}

type OptionSet = RuleOptions & { readonly useSliceTuple: boolean };

interface RuleOptionsReading {
  readonly options: OptionSet;
  /** What is wrong with the values, in the order in which it is reported. */
  readonly problems: readonly string[];
}

const plainTypes = {
  debug: 'bool',
  logFilename: 'string',
  isEventTime: 'bool',
  concurrency: 'int',
  bufferLength: 'int',
  sendMetaToSink: 'bool',
  sendNilField: 'bool',
  sendError: 'bool',
  qos: 'int',
  restartStrategy: 'map',
  cron: 'string',
  duration: 'string',
  cronDatetimeRange: 'maps',
  planOptimizeStrategy: 'map',
  disableBufferFullDiscard: 'bool',
  enableSaveStateBeforeStop: 'bool',
  experiment: 'map',
} as const;

/** Only these are taken over from the configuration. */
const inherited = new Set([
  'isEventTime',
  'lateTolerance',
  'idleTimeout',
  'concurrency',
  'bufferLength',
  'sendMetaToSink',
  'sendError',
  'qos',
  'checkpointInterval',
  'restartStrategy',
]);

const strategyTypes = {
  enableIncrementalWindow: 'bool',
  enableAliasPushdown: 'bool',
  disableAliasRefCal: 'bool',
  optimizeControl: 'map',
  windowOption: 'map',
} as const;

const builtIn: OptionSet = {
  debug: false,
  logFilename: '',
  isEventTime: false,
  lateToleranceMs: 1000,
  idleTimeoutMs: 0,
  concurrency: 1,
  bufferLength: 1024,
  sendMetaToSink: false,
  sendNilField: false,
  sendError: false,
  qos: 0,
  checkpointIntervalMs: 300_000,
  restartAttempts: 0,
  cron: '',
  duration: '',
  cronDatetimeRange: [],
  planOptimizeStrategy: {
    enableIncrementalWindow: false,
    enableAliasPushdown: false,
    disableAliasRefCal: false,
    disableOptimizeRules: [],
    enableSendSlidingWindowTwice: false,
    windowVersion: '',
  },
  disableBufferFullDiscard: false,
  enableSaveStateBeforeStop: false,
  useSliceTuple: false,
};

/** @param given the `options` of a rule, undefined or null when it has none. Throws for values of the wrong type. */
export function readRuleOptions(given: unknown, defaults: OptionDefaults): RuleOptionsReading {
  const section = given === null ? defaults.section : keepInherited(defaults.section);
  const base = merge(builtIn, section);
  const options = given === null || given === undefined ? base : merge(base, given);
  const checkpointIntervalMs = options.checkpointIntervalMs <= 0 ? 300_000 : options.checkpointIntervalMs;
  return { options: { ...options, checkpointIntervalMs }, problems: problems(options, defaults) };
}

function keepInherited(section: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of inherited) {
    const value = property(section, name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function merge(base: OptionSet, given: unknown): OptionSet {
  if (!isMap(given)) throw mismatch('options', 'object', given);
  const fields = readFields(given, plainTypes, 'options');
  const { restartStrategy, planOptimizeStrategy, experiment, qos, cronDatetimeRange, ...plain } = fields;
  const restartPath = 'options.restartStrategy';
  const { attempts } = readFields(restartStrategy, { attempts: 'int' }, restartPath);
  const { useSliceTuple } = readFields(experiment, { useSliceTuple: 'bool' }, 'options.experiment');
  return {
    ...base,
    ...plain,
    qos: qos === undefined ? base.qos : (Math.min(Math.max(qos, 0), 2) as 0 | 1 | 2),
    lateToleranceMs: duration(given, 'lateTolerance') ?? base.lateToleranceMs,
    idleTimeoutMs: duration(given, 'idleTimeout') ?? base.idleTimeoutMs,
    checkpointIntervalMs: duration(given, 'checkpointInterval') ?? base.checkpointIntervalMs,
    restartAttempts: attempts ?? base.restartAttempts,
    cronDatetimeRange: cronDatetimeRange?.map(readRange) ?? base.cronDatetimeRange,
    planOptimizeStrategy: readStrategy(planOptimizeStrategy, base.planOptimizeStrategy),
    useSliceTuple: useSliceTuple ?? base.useSliceTuple,
  };
}

function readStrategy(
  given: Fields<{ strategy: 'map' }>['strategy'],
  base: RuleOptions['planOptimizeStrategy'],
): RuleOptions['planOptimizeStrategy'] {
  const path = 'options.planOptimizeStrategy';
  const { optimizeControl, windowOption, ...flags } = readFields(given, strategyTypes, path);
  const control = readFields(optimizeControl, { disableOptimizeRules: 'strings' }, `${path}.optimizeControl`);
  const window = readFields(
    windowOption,
    { enableSendSlidingWindowTwice: 'bool', windowVersion: 'string' },
    `${path}.windowOption`,
  );
  return { ...base, ...flags, ...control, ...window };
}

function readRange(range: Readonly<Record<string, unknown>>): RuleOptions['cronDatetimeRange'][number] {
  return readFields(
    range,
    { begin: 'string', end: 'string', beginTimestamp: 'int', endTimestamp: 'int' },
    'options.cronDatetimeRange',
  ) as RuleOptions['cronDatetimeRange'][number];
}

const knownNames = [...Object.keys(plainTypes), 'lateTolerance', 'idleTimeout', 'checkpointInterval', 'name'];

/**
 * Options that are none, which are accepted and ignored like every unknown property, with what may have been meant.
 * @param given the `options` of a rule, of any type
 */
export function unknownOptions(given: unknown): string[] {
  if (!isMap(given)) return [];
  return [...unknownNames(given, knownNames), ...unknownNames(given.planOptimizeStrategy, Object.keys(strategyTypes))];
}

function unknownNames(given: unknown, known: readonly string[]): string[] {
  if (!isMap(given)) return [];
  const unknown = Object.keys(given).filter((name) => !known.some((k) => k.toLowerCase() === name.toLowerCase()));
  return unknown.map((name) => {
    const nearest = nearestName(name, known);
    return `unknown option ${name}${nearest === null ? '' : `, did you mean ${nearest}?`}`;
  });
}

/** A number of milliseconds or a text such as `1m30s`. */
function duration(options: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = property(options, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return parseDuration(value);
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw mismatch(`options.${name}`, 'duration', value);
}

function problems(options: OptionSet, defaults: OptionDefaults): string[] {
  const found: string[] = [];
  if (options.concurrency < 0) found.push('invalidConcurrency:concurrency must be greater than 0');
  if (options.bufferLength < 0) found.push('invalidBufferLength:bufferLength must be greater than 0');
  if (options.lateToleranceMs < 0) found.push('invalidLateTol:lateTol must be greater than 0');
  if (options.restartAttempts < 0) found.push('invalidRestartAttempts:restart attempts must be greater than 0');
  for (const range of options.cronDatetimeRange) {
    try {
      const { beginMs, endMs } = rangeBounds(range, defaults);
      if (beginMs > endMs) throw new Error("begin time shouldn't after end time");
    } catch (error) {
      found.push(`validate cronDatetimeRange failed, err:${errorText(error)}`);
      break;
    }
  }
  return found;
}

/** Both ends of a range in ms since the epoch; timestamps win when both are given. */
export function rangeBounds(
  range: RuleOptions['cronDatetimeRange'][number],
  { timeZone, nowMs }: Pick<OptionDefaults, 'timeZone' | 'nowMs'>,
): { readonly beginMs: number; readonly endMs: number } {
  const { begin = '', end = '', beginTimestamp = 0, endTimestamp = 0 } = range;
  if (beginTimestamp > 0 && endTimestamp > 0) return { beginMs: beginTimestamp, endMs: endTimestamp };
  const at = (text: string): number => parseDateTime(text, { zone: timeZone, nowMs }).ms;
  return { beginMs: at(begin), endMs: at(end) };
}
