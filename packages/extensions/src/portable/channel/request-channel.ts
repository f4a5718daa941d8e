/**
 * Calls into a plugin that asks for them: each of its requests carries the result of the call before, each reply the
 * next call. Every connection of the path is a lane of its own with one call at a time; ids tell a result from a
 * request that was sent again, from a keep-alive and from the late result of a call that was given up.
 * Source: behaviour spec, extension §4.5, §4.13.
 */
import { type Clock, Ring, type Timer } from '@kuiper/base';
import {
  type FrameBatch,
  isRequestId,
  nextRequestId,
  type SpBody,
  SpListener,
  type SpOptions,
  type SpPipe,
  SpProtocol,
} from '@kuiper/sdk/wire';
import { channelErrors, GO_SDK_MAX_BYTES } from './errors.ts';
import { isHandshake } from './handshake.ts';
import type { Lane, LaneState, OnLoss, PendingCall } from './lane.ts';

/** Connections that are gone and may still come back. */
const REMEMBERED = 64;

export interface Handshake {
  /** The first message of the connection, usually `handshake`; empty when the connection had to wait for its turn. */
  readonly body: Buffer;
  /** Names the plugin's process on this channel, from 1; one that comes back keeps its number. */
  readonly process: number;
  /** False when a plugin that was known comes back: what it was told to start it still runs. */
  readonly isNewProcess: boolean;
}

export interface RequestChannelOptions extends SpOptions {
  /** Connections that serve at a time, 1 when absent: one per process. */
  readonly lanes?: number;
  /** A connection serves from now on. May make calls. */
  readonly onHandshake?: (handshake: Handshake) => void;
  /** A connection that served is gone. @param error why, null when the plugin hung up */
  readonly onLost?: (process: number, error: Error | null) => void;
}

export interface CallOptions {
  /**
   * How long the plugin may take. A call that waits for its turn may wait that long since the last result came, or since
   * a call before it was given up.
   */
  readonly timeoutMs: number;
  readonly onLoss: OnLoss;
  /** See {@link Handshake}: only this process may take the call; any when absent. */
  readonly process?: number;
}

export class RequestChannel {
  readonly #options: RequestChannelOptions;
  readonly #clock: Clock;
  #listener: SpListener | null = null;
  #wantedLanes: number;
  #generation = 0;

  /** In the order in which they began to serve. */
  #serving: Lane[] = [];
  readonly #lanes = new Map<SpPipe, Lane>();
  /** What connections that are gone ended with: a plugin that comes back goes on from there. Newest last. */
  #lost: { readonly lastId: number; readonly process: number }[] = [];
  #processes = 0;
  #queue = new Ring<PendingCall>();

  /** When the plugin last proved that it works on calls. */
  #progressMs = 0;
  #timer: Timer | null = null;
  #timerMs = Number.POSITIVE_INFINITY;
  #closed = false;

  private constructor(options: RequestChannelOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#wantedLanes = options.lanes ?? 1;
  }

  /** Rejects as {@link SpListener.listen} does. */
  static async listen(url: string, options: RequestChannelOptions): Promise<RequestChannel> {
    const channel = new RequestChannel(options);
    channel.#listener = await SpListener.listen(
      url,
      { ...options, protocol: SpProtocol.rep },
      {
        opened: (pipe) => channel.#opened(pipe),
        received: (pipe, batch) => channel.#received(pipe, batch),
        closed: (pipe, error) => channel.#gone(pipe, error),
      },
    );
    return channel;
  }

  /** Connections that serve. */
  get serving(): number {
    return this.#serving.length;
  }

  /** Calls that wait for their turn. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * A process is about to be started: connections whose handshake comes from now on go before those of older processes.
   * @param lanes how many connections serve at a time from now on
   */
  spawned(lanes: number = this.#wantedLanes): void {
    this.#generation++;
    this.#wantedLanes = lanes;
    this.#promote();
  }

  /**
   * Resolves with the result, a view into what was read. Rejects with `TIME_OUT`, `CONNECTION_LOST`, `CLOSED` or, with
   * the text of {@link failAll}, `FAILED` and `NOT_SENT`. Calls go out in order, as lanes get free; without any they wait.
   * @param body kept by reference until there is a result
   */
  call(body: SpBody, options: CallOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(channelErrors.CLOSED());
        return;
      }
      const { timeoutMs, onLoss, process = 0 } = options;
      const calledMs = this.#clock.now();
      const call = { body, timeoutMs, onLoss, process, calledMs, deadlineMs: 0, lostId: -1, resolve, reject };
      const lane = this.#queue.length === 0 ? this.#freeLane(process) : undefined;
      if (lane === undefined) {
        this.#queue.push(call);
        this.#expectBy(this.#waitsUntil(call));
        this.#dispatch();
      } else this.#send(lane, call, calledMs);
    });
  }

  /** Rejects all calls with this text, for instance because the process has ended. */
  failAll(text: string): void {
    this.#rejectAll(({ deadlineMs }) => (deadlineMs > 0 ? channelErrors.FAILED(text) : channelErrors.NOT_SENT(text)));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#rejectAll(() => channelErrors.CLOSED());
    await this.#listener?.close();
  }

  #opened(pipe: SpPipe): void {
    this.#lanes.set(pipe, {
      pipe,
      process: 0,
      state: 'new',
      hasServed: false,
      lastId: -1,
      answered: false,
      call: null,
      generation: 0,
    });
  }

  #received(pipe: SpPipe, { buffer, starts, ends, count }: FrameBatch): void {
    const lane = this.#lanes.get(pipe);
    if (lane === undefined) return;
    for (let i = 0; i < count && this.#lanes.has(pipe); i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      if (isRequestId(buffer, start, end)) this.#take(lane, buffer.readUInt32BE(start), buffer, start + 4, end);
    }
    // the plugin gave up the request that was answered: the call has not been executed
    if (lane.call !== null && !lane.answered) this.#reply(lane, lane.call);
    this.#dispatch();
  }

  #take(lane: Lane, id: number, buffer: Buffer, start: number, end: number): void {
    if (lane.lastId === -1) {
      this.#greet(lane, id, buffer.subarray(start, end));
      return;
    }
    // sent again: what it says was heard, and whether it has its reply is known
    if (id === lane.lastId) return;
    lane.lastId = id;
    lane.answered = false;
    const { call } = lane;
    if (call === null || isHandshake(buffer, start, end)) return;
    lane.call = null;
    this.#progressMs = this.#clock.now();
    call.resolve(buffer.subarray(start, end));
  }

  /** The first message of a connection. */
  #greet(lane: Lane, id: number, body: Buffer): void {
    const saidHandshake = isHandshake(body, 0, body.length);
    const known = this.#claim(id);
    lane.process = known === 0 ? ++this.#processes : known;
    lane.lastId = id;
    lane.generation = this.#generation;
    if (!saidHandshake) this.#resolveLost(id, body);
    if (this.#serving.length >= this.#wantedLanes) {
      if (!saidHandshake || this.#wantedLanes === 0) {
        lane.state = 'waiting';
        return;
      }
      this.#makeRoom();
    }
    this.#serve(lane, { body, process: lane.process, isNewProcess: known === 0 });
  }

  /** The process whose connection is gone, or will be in a moment, and ended with this id or the one before; else 0. */
  #claim(id: number): number {
    const goesOn = ({ lastId }: { readonly lastId: number }) => lastId === id || nextRequestId(lastId) === id;
    const stale = this.#serving.find(goesOn);
    if (stale !== undefined) this.#withdraw(stale, 'retired', null);
    const index = this.#lost.findLastIndex(goesOn);
    return index < 0 ? 0 : (this.#lost.splice(index, 1)[0]?.process ?? 0);
  }

  /** A call was lost with its connection, but the plugin had executed it: this is the request after it. */
  #resolveLost(id: number, body: Buffer): void {
    const call = [...this.#queue].find(({ lostId }) => lostId !== -1 && nextRequestId(lostId) === id);
    if (call === undefined) return;
    this.#queue = remainder(this.#queue, (queued) => queued !== call);
    call.resolve(body);
  }

  #serve(lane: Lane, handshake: Handshake): void {
    lane.state = 'serving';
    lane.hasServed = true;
    this.#serving.push(lane);
    this.#options.onHandshake?.(handshake);
  }

  /** The lane of the oldest process goes, and of those the one that serves longest. */
  #makeRoom(): void {
    const oldest = this.#serving.reduce((found, lane) => (lane.generation < found.generation ? lane : found));
    // one of the present generation is not wrong, only too many
    this.#withdraw(oldest, oldest.generation < this.#generation ? 'retired' : 'waiting', null);
  }

  #gone(pipe: SpPipe, error: Error | null): void {
    const lane = this.#lanes.get(pipe);
    if (lane === undefined) return;
    this.#lanes.delete(pipe);
    if (lane.state === 'serving') {
      this.#withdraw(lane, 'retired', error);
      this.#promote();
    }
  }

  /** The lane takes no more calls; the one it works on is failed, or sent again before all others. */
  #withdraw(lane: Lane, state: LaneState, error: Error | null): void {
    lane.state = state;
    this.#serving = this.#serving.filter((other) => other !== lane);
    this.#lost.push({ lastId: lane.lastId, process: lane.process });
    if (this.#lost.length > REMEMBERED) this.#lost.shift();
    const { call } = lane;
    lane.call = null;
    if (call !== null) {
      const bytes = Buffer.byteLength(call.body);
      if (call.onLoss === 'fail' || bytes > GO_SDK_MAX_BYTES) {
        call.reject(channelErrors.CONNECTION_LOST(bytes, { cause: error ?? undefined }));
      } else {
        call.lostId = lane.lastId;
        this.#queue.unshift(call);
      }
    }
    if (!this.#closed) this.#options.onLost?.(lane.process, error);
  }

  /** Lets connections in that wait, the newest first. */
  #promote(): void {
    if (this.#closed) return;
    for (const lane of [...this.#lanes.values()].reverse()) {
      if (this.#serving.length >= this.#wantedLanes) break;
      if (lane.state !== 'waiting') continue;
      this.#serve(lane, { body: Buffer.alloc(0), process: lane.process, isNewProcess: !lane.hasServed });
    }
    this.#dispatch();
  }

  #dispatch(): void {
    const serving = this.#serving;
    for (let i = 0; i < serving.length && this.#queue.length > 0; i++) {
      const lane = serving[i] as Lane;
      if (lane.answered || lane.call !== null) continue;
      const call = this.#nextFor(lane);
      if (call !== undefined) this.#send(lane, call, this.#clock.now());
    }
  }

  #nextFor({ process }: Lane): PendingCall | undefined {
    const first = this.#queue.at(0);
    if (first === undefined || first.process === 0 || first.process === process) return this.#queue.shift();
    const found = [...this.#queue].find((call) => call.process === 0 || call.process === process);
    if (found !== undefined) this.#queue = remainder(this.#queue, (call) => call !== found);
    return found;
  }

  #freeLane(process: number): Lane | undefined {
    const serving = this.#serving;
    for (let i = 0; i < serving.length; i++) {
      const lane = serving[i] as Lane;
      if (!lane.answered && lane.call === null && (process === 0 || lane.process === process)) return lane;
    }
    return undefined;
  }

  #send(lane: Lane, call: PendingCall, nowMs: number): void {
    if (call.deadlineMs === 0) {
      call.deadlineMs = nowMs + call.timeoutMs;
      this.#expectBy(call.deadlineMs);
    }
    lane.call = call;
    this.#reply(lane, call);
  }

  #reply(lane: Lane, call: PendingCall): void {
    lane.answered = true;
    lane.pipe.send(lane.lastId, call.body);
  }

  #waitsUntil(call: PendingCall): number {
    return call.deadlineMs > 0 ? call.deadlineMs : Math.max(call.calledMs, this.#progressMs) + call.timeoutMs;
  }

  /** One timer for all calls: it is only set anew for a call that ends before it. */
  #expectBy(atMs: number): void {
    if (atMs >= this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = atMs;
    this.#timer = this.#clock.setTimer(atMs, () => {
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.#expire();
    });
  }

  #expire(): void {
    const nowMs = this.#clock.now();
    const late: PendingCall[] = [];
    for (const lane of this.#serving) {
      const { call } = lane;
      if (call === null) continue;
      if (call.deadlineMs > nowMs) this.#expectBy(call.deadlineMs);
      else {
        // its result will be the lane's next request and belong to nobody
        lane.call = null;
        late.push(call);
        // one call that takes too long must not take those along that wait behind it
        this.#progressMs = nowMs;
      }
    }
    const isLate = (call: PendingCall) => this.#waitsUntil(call) <= nowMs;
    if ([...this.#queue].some(isLate)) {
      for (const call of this.#queue) if (isLate(call)) late.push(call);
      this.#queue = remainder(this.#queue, (call) => !isLate(call));
    }
    for (const call of this.#queue) this.#expectBy(this.#waitsUntil(call));
    for (const call of late) call.reject(channelErrors.TIME_OUT());
  }

  #rejectAll(makeError: (call: PendingCall) => Error): void {
    const calls = [...this.#queue];
    this.#queue.clear();
    for (const lane of this.#serving) {
      if (lane.call !== null) calls.unshift(lane.call);
      lane.call = null;
    }
    for (const call of calls) call.reject(makeError(call));
  }
}

function remainder(queue: Ring<PendingCall>, stays: (call: PendingCall) => boolean): Ring<PendingCall> {
  const rest = new Ring<PendingCall>();
  for (const call of queue) if (stays(call)) rest.push(call);
  return rest;
}
