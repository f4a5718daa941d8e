/**
 * Metrics of a run's nodes. The fused code counts only at branch points; everything else derives from that when
 * somebody asks, on whichever side of the thread boundary. Source: behaviour spec, runtime §17.1.
 */
import { counter, nodeCounters } from '../compile/program.ts';
import {
  type CounterAddress,
  dispatchCounter,
  failureTimeIndex,
  sinkCounter,
  sourceCounter,
  stageCounter,
} from './counters.ts';
import type { ConnectionMetrics, NodeMetrics } from './node-metrics.ts';

/** Where the numbers of a run are. Plain data. */
export interface RunLayout {
  readonly operators: readonly OperatorLayout[];
  readonly program: CounterAddress;
  readonly sources: readonly SourceLayout[];
  readonly sinks: readonly SinkLayout[];
}

export interface OperatorLayout {
  /** With prefix: `op_3_filter`, `op_s_2_decoder`. */
  readonly name: string;
  /** Index into `sources` of the source whose decoder this is; null for an operator of the program. */
  readonly decoderOf: number | null;
  /** Index into `sources` of the source from which indexed dispatch keeps rows away here; null for all others. */
  readonly indexedBy: number | null;
}

export interface SourceLayout {
  readonly name: string;
  readonly block: CounterAddress;
  readonly dispatch: CounterAddress;
}

export interface SinkLayout {
  /** `sink_rest_0`. */
  readonly name: string;
  /** `op_rest_0_0_transform` … */
  readonly chain: readonly string[];
  readonly stage: CounterAddress;
  readonly block: CounterAddress;
}

/** Texts and reasons, by node name; numbers are in the counters. */
export interface RunNotes {
  readonly exceptions: Record<string, string>;
  readonly disconnected: Record<string, string>;
  /** Events discarded, by reason. */
  readonly drops: Record<string, Record<string, number>>;
}

export type ReadCounters = (address: CounterAddress) => Float64Array;

/** Sources, then operators, then sinks, each in creation order. */
export function readMetrics(layout: RunLayout, read: ReadCounters, notes: RunNotes): NodeMetrics[] {
  const sources = layout.sources.map(({ name, block }) => sourceMetrics(name, read(block), notes));
  const first = layout.sources[0];
  const around: Surroundings = {
    latencyUs: first === undefined ? 0 : at(read(first.block), sourceCounter.latencyUs),
    lastInvocation: Math.max(0, ...layout.sources.map(({ block }) => at(read(block), sourceCounter.lastInvocation))),
  };
  const operators = layout.operators.map((operator, i) => operatorMetrics(layout, operator, i, read, notes, around));
  const chains = layout.sinks.flatMap((sink) => chainMetrics(sink, read(sink.stage), notes, around));
  const sinks = layout.sinks.map(({ name, block }) => sinkMetrics(name, read(block), notes, around));
  return [...sources, ...operators, ...chains, ...sinks];
}

interface Surroundings {
  readonly latencyUs: number;
  readonly lastInvocation: number;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}

interface Figures {
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly processed: number;
  readonly exceptions: number;
  readonly lastExceptionTime: number;
}

function operatorNode(name: string, figures: Figures, notes: RunNotes, around: Surroundings): NodeMetrics {
  return {
    name,
    kind: 'op',
    recordsIn: figures.recordsIn,
    recordsOut: figures.recordsOut,
    messagesProcessed: figures.processed,
    processLatencyUs: Math.round(around.latencyUs),
    bufferLength: 0,
    lastInvocation: figures.recordsIn > 0 ? around.lastInvocation : 0,
    exceptions: figures.exceptions,
    lastException: figures.exceptions > 0 ? (notes.exceptions[name] ?? '') : '',
    lastExceptionTime: figures.exceptions > 0 ? figures.lastExceptionTime : 0,
    dropped: notes.drops[name] ?? {},
    connection: null,
  };
}

function sourceMetrics(name: string, c: Float64Array, notes: RunNotes): NodeMetrics {
  const received = at(c, sourceCounter.received);
  const exceptions = at(c, sourceCounter.exceptions);
  return {
    name,
    kind: 'source',
    recordsIn: received,
    recordsOut: received,
    messagesProcessed: received,
    processLatencyUs: Math.round(at(c, sourceCounter.latencyUs)),
    bufferLength: 0,
    lastInvocation: at(c, sourceCounter.lastInvocation),
    exceptions,
    lastException: notes.exceptions[name] ?? '',
    lastExceptionTime: at(c, sourceCounter.lastExceptionTime),
    dropped: notes.drops[name] ?? {},
    connection: {
      status: at(c, sourceCounter.status) as ConnectionMetrics['status'],
      lastConnectedTime: at(c, sourceCounter.connectedTime),
      lastDisconnectedTime: at(c, sourceCounter.disconnectedTime),
      lastDisconnectedMessage: notes.disconnected[name] ?? '',
      lastTryTime: at(c, sourceCounter.tryTime),
    },
  };
}

function operatorMetrics(
  layout: RunLayout,
  { name, decoderOf, indexedBy }: OperatorLayout,
  index: number,
  read: ReadCounters,
  notes: RunNotes,
  around: Surroundings,
): NodeMetrics {
  const decoded = decoderOf === null ? undefined : layout.sources[decoderOf];
  if (decoded !== undefined) {
    const c = read(decoded.block);
    const received = at(c, sourceCounter.received);
    const figures = {
      recordsIn: received,
      // Rows that need no decoding still pass the nodes before it.
      recordsOut: at(c, sourceCounter.decoded) || at(c, sourceCounter.dispatched),
      processed: received,
      exceptions: at(c, sourceCounter.decodeErrors),
      lastExceptionTime: at(c, sourceCounter.decodeErrorTime),
    };
    return operatorNode(name, figures, notes, around);
  }
  const c = read(layout.program);
  const base = index * nodeCounters;
  const skipped = indexedBy === null ? 0 : skippedRows(layout.sources[indexedBy] as SourceLayout, read);
  const figures = {
    recordsIn: at(c, base + counter.in) + skipped,
    recordsOut: at(c, base + counter.out),
    processed: at(c, base + counter.processed) + skipped,
    exceptions: at(c, base + counter.exceptions),
    lastExceptionTime: at(c, failureTimeIndex(layout.operators.length, index, nodeCounters)),
  };
  return operatorNode(name, figures, notes, around);
}

/** Rows that indexed dispatch kept away: the filter would have dropped them. */
function skippedRows({ block, dispatch }: SourceLayout, read: ReadCounters): number {
  const d = read(dispatch);
  return at(read(block), sourceCounter.dispatched) - at(d, dispatchCounter.since) - at(d, dispatchCounter.delivered);
}

function chainMetrics(sink: SinkLayout, c: Float64Array, notes: RunNotes, around: Surroundings): NodeMetrics[] {
  const taken = at(c, stageCounter.taken);
  const made = at(c, stageCounter.made);
  const encodeExceptions = at(c, stageCounter.encodeExceptions);
  return sink.chain.map((name, i) => {
    const isTransform = name.endsWith('_transform');
    const isEncode = name.endsWith('_encode') || name.endsWith('_batchWriter');
    const recordsIn = i === 0 || isTransform ? taken : made + (isEncode ? encodeExceptions : 0);
    const figures = {
      recordsIn,
      recordsOut: isTransform ? made + encodeExceptions : made,
      processed: recordsIn,
      exceptions: isTransform ? at(c, stageCounter.exceptions) : isEncode ? encodeExceptions : 0,
      lastExceptionTime: at(c, stageCounter.lastExceptionTime),
    };
    return operatorNode(name, figures, notes, around);
  });
}

function sinkMetrics(name: string, c: Float64Array, notes: RunNotes, around: Surroundings): NodeMetrics {
  const written = at(c, sinkCounter.written);
  const recordsIn = written + at(c, sinkCounter.givenUp);
  return {
    name,
    kind: 'sink',
    recordsIn,
    recordsOut: written,
    messagesProcessed: recordsIn,
    processLatencyUs: Math.round(around.latencyUs),
    bufferLength: at(c, sinkCounter.queued),
    lastInvocation: at(c, sinkCounter.lastInvocation),
    exceptions: at(c, sinkCounter.exceptions),
    lastException: notes.exceptions[name] ?? '',
    lastExceptionTime: at(c, sinkCounter.lastExceptionTime),
    dropped: notes.drops[name] ?? {},
    connection: {
      status: at(c, sinkCounter.status) as ConnectionMetrics['status'],
      lastConnectedTime: at(c, sinkCounter.connectedTime),
      lastDisconnectedTime: at(c, sinkCounter.disconnectedTime),
      lastDisconnectedMessage: notes.disconnected[name] ?? '',
      lastTryTime: at(c, sinkCounter.tryTime),
    },
  };
}
