/** Options of a rule with every default filled in. Durations in ms. Source: behaviour spec, runtime §2. */
export interface RuleOptions {
  readonly debug: boolean;
  readonly logFilename: string;
  readonly isEventTime: boolean;
  readonly lateToleranceMs: number;
  /** Event time: a source that is silent this long no longer holds the watermark back; 0: never. Ours. */
  readonly idleTimeoutMs: number;
  readonly concurrency: number;
  readonly bufferLength: number;
  readonly sendMetaToSink: boolean;
  readonly sendNilField: boolean;
  readonly sendError: boolean;
  readonly qos: 0 | 1 | 2;
  readonly checkpointIntervalMs: number;
  readonly restartAttempts: number;
  readonly cron: string;
  readonly duration: string;
  readonly cronDatetimeRange: readonly {
    readonly begin?: string;
    readonly end?: string;
    readonly beginTimestamp?: number;
    readonly endTimestamp?: number;
  }[];
  readonly planOptimizeStrategy: {
    readonly enableIncrementalWindow: boolean;
    readonly enableAliasPushdown: boolean;
    readonly disableAliasRefCal: boolean;
    readonly disableOptimizeRules: readonly string[];
    readonly enableSendSlidingWindowTwice: boolean;
    readonly windowVersion: string;
  };
  readonly disableBufferFullDiscard: boolean;
  readonly enableSaveStateBeforeStop: boolean;
  /** `experiment.useSliceTuple`: accepted and ignored, but refused where the reference refuses it. */
  readonly useSliceTuple?: boolean;
}
