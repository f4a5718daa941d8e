/** Rule specifications for tests that drive a rule host directly. */
import type { RuleOptions, RuleSpec } from '@kuiper/host';
import { parseStatement } from '@kuiper/sql';

export const plainOptions: RuleOptions = {
  debug: false,
  logFilename: '',
  isEventTime: false,
  lateToleranceMs: 1000,
  idleTimeoutMs: 0,
  concurrency: 1,
  bufferLength: 1024,
  sendMetaToSink: false,
  sendNilField: false,
  sendError: true,
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
};

export interface SpecParts {
  readonly id: string;
  readonly sql: string;
  /** CREATE statements of the streams the rule names, with the properties of their connectors. */
  readonly streams: readonly (readonly [create: string, props: Readonly<Record<string, unknown>>])[];
  readonly actions?: readonly (readonly [type: string, props: unknown])[];
  readonly options?: Partial<RuleOptions>;
}

export function ruleSpec({ id, sql, streams, actions = [['nop', {}]], options = {} }: SpecParts): RuleSpec {
  return {
    id,
    sql,
    graph: null,
    temp: false,
    options: { ...plainOptions, ...options },
    actions: actions.map(([type, props], index) => ({ type, props, index })),
    sources: streams.map(([create, props]) => {
      const statement = parseStatement(create);
      if (statement.kind !== 'create') throw new Error(`not a CREATE statement: ${create}`);
      return {
        name: statement.name,
        kind: statement.target,
        columns: statement.columns,
        options: statement.options,
        props,
      };
    }),
  };
}
