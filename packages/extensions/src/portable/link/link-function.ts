/**
 * Calls of one function over connections of the extended protocol. What is queued goes out together; a process that
 * keeps state for a call site gets all its calls, other calls go to whichever process is free.
 * Source: portable protocol, "Functions".
 */
import { type Clock, DateTime, Ring, type Timer } from '@kuiper/base';
import { type MessageReader, MessageWriter } from '@kuiper/sdk/wire';
import { channelErrors } from '../channel/errors.ts';
import type { CallSite } from './call-site.ts';
import type { LinkLane, LinkServant } from './link-listener.ts';

/** Batches that a process has at a time: while it works on one, the next is there already. */
const WINDOW = 2;
const BATCH_CALLS = 256;
const BATCH_BYTES = 1 << 18;

interface Call {
  readonly args: readonly unknown[];
  readonly site: CallSite;
  readonly calledMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Given up: the result comes too late. */
  isOver: boolean;
}

interface Batch {
  readonly id: number;
  readonly calls: readonly Call[];
  /** Results that have come. */
  done: number;
}

/** A process that computes the function. */
interface Worker {
  readonly lane: LinkLane;
  readonly queue: Ring<Call>;
  /** Oldest first. */
  readonly batches: Ring<Batch>;
  /** Numbers under which the process knows call sites. */
  readonly sites: Map<CallSite, number>;
  readonly byNumber: Map<number, CallSite>;
  /** When it last proved that it works. */
  progressMs: number;
}

interface Question {
  readonly what: string;
  readonly argument: unknown;
  /** Who has been asked; null while no process is there. */
  worker: Worker | null;
  readonly resolve: (answer: LinkAnswer) => void;
  readonly reject: (error: Error) => void;
}

export interface LinkAnswer {
  readonly ok: boolean;
  readonly value: unknown;
}

/** Whether call sites keep state is known from their first result. */
interface Ownership {
  owner: Worker | null;
  isSettled: boolean;
}

export class LinkFunction implements LinkServant {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #workers = new Map<LinkLane, Worker>();
  /** Calls that any process may take. */
  readonly #queue = new Ring<Call>();
  readonly #questions = new Map<number, Question>();
  readonly #ownership = new Map<CallSite, Ownership>();
  readonly #body = new MessageWriter('float');
  #next = 1;
  #timer: Timer | null = null;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** False: the plugin does not know the extended protocol, or no process is there. */
  get isServed(): boolean {
    return this.#workers.size > 0;
  }

  /** Rejects with `TIME_OUT`, with `FAILED` or `NOT_SENT` and the text of {@link failAll}, or what the call fails with. */
  call(site: CallSite, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call: Call = { args, site, calledMs: this.#clock.now(), resolve, reject, isOver: false };
      this.#enqueue(call);
      this.#dispatch();
      this.#watch();
    });
  }

  /** Rejects as `call` does. */
  ask(what: 'validate' | 'aggregate', argument: unknown): Promise<LinkAnswer> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      const timer = this.#clock.setTimer(this.#clock.now() + this.#timeoutMs, () => {
        this.#questions.delete(id);
        reject(channelErrors.TIME_OUT());
      });
      const question: Question = {
        what,
        argument,
        worker: null,
        resolve: (answer) => {
          timer.cancel();
          resolve(answer);
        },
        reject: (error) => {
          timer.cancel();
          reject(error);
        },
      };
      this.#questions.set(id, question);
      const [worker] = this.#workers.values();
      if (worker !== undefined) this.#sendQuestion(worker, id, question);
    });
  }

  /** The run of a call site has ended. */
  drop(site: CallSite): void {
    this.#ownership.delete(site);
    for (const worker of this.#workers.values()) {
      const number = worker.sites.get(site);
      if (number === undefined) continue;
      worker.sites.delete(site);
      worker.byNumber.delete(number);
      worker.lane.begin('drop', 3).int(number);
      worker.lane.send();
    }
  }

  failAll(text: string): void {
    const unsent = (): Error => channelErrors.NOT_SENT(text);
    for (const worker of this.#workers.values()) {
      failWork(worker, text);
      failCalls(worker.queue, unsent);
    }
    failCalls(this.#queue, unsent);
  }

  snapshot(): null {
    return null;
  }

  opened(lane: LinkLane): void {
    const worker: Worker = {
      lane,
      queue: new Ring(),
      batches: new Ring(),
      sites: new Map(),
      byNumber: new Map(),
      progressMs: this.#clock.now(),
    };
    this.#workers.set(lane, worker);
    for (const [id, question] of this.#questions) {
      if (question.worker === null) this.#sendQuestion(worker, id, question);
    }
    this.#dispatch();
  }

  closed(lane: LinkLane, why: string): void {
    const worker = this.#workers.get(lane);
    if (worker === undefined) return;
    this.#workers.delete(lane);
    const error = (): Error => channelErrors.FAILED(why);
    failWork(worker, why);
    this.#failQuestions(error, worker);
    for (const ownership of this.#ownership.values()) {
      if (ownership.owner !== worker) continue;
      ownership.owner = null;
      ownership.isSettled = false;
    }
    for (let call = worker.queue.shift(); call !== undefined; call = worker.queue.shift()) this.#enqueue(call);
    this.#dispatch();
  }

  received(lane: LinkLane, name: string, message: MessageReader): void {
    const worker = this.#workers.get(lane);
    if (worker === undefined) return;
    if (name === 'answer') {
      const id = message.int();
      const question = this.#questions.get(id);
      this.#questions.delete(id);
      question?.resolve({ ok: message.bool(), value: message.value() });
    } else if (name === 'results') this.#takeResults(worker, message);
    else throw new Error(`a function does not send ${name}`);
  }

  #sendQuestion(worker: Worker, id: number, question: Question): void {
    question.worker = worker;
    worker.lane.begin('ask', 5).int(id).text(question.what).value(question.argument);
    worker.lane.send();
  }

  /** @param worker whose questions; null for those of all */
  #failQuestions(makeError: () => Error, worker: Worker | null): void {
    for (const [id, question] of this.#questions) {
      if (worker !== null && question.worker !== worker) continue;
      this.#questions.delete(id);
      question.reject(makeError());
    }
  }

  #enqueue(call: Call): void {
    const ownership = this.#ownershipOf(call.site);
    ownership.owner ??= ownership.isSettled ? null : this.#idlest();
    if (ownership.owner === null) this.#queue.push(call);
    else ownership.owner.queue.push(call);
  }

  #ownershipOf(site: CallSite): Ownership {
    let ownership = this.#ownership.get(site);
    if (ownership === undefined) {
      ownership = { owner: null, isSettled: false };
      this.#ownership.set(site, ownership);
    }
    return ownership;
  }

  #idlest(): Worker | null {
    let found: Worker | null = null;
    for (const worker of this.#workers.values()) {
      if (found === null || loadOf(worker) < loadOf(found)) found = worker;
    }
    return found;
  }

  /** Idle processes come before those that work. */
  #dispatch(): void {
    for (let depth = 1; depth <= WINDOW; depth++) {
      for (const worker of this.#workers.values()) this.#fill(worker, depth);
    }
  }

  #fill(worker: Worker, depth: number): void {
    while (worker.batches.length < depth && (worker.queue.length > 0 || this.#queue.length > 0)) {
      const calls = this.#writeCalls(worker);
      if (calls.length === 0) continue;
      const id = this.#next++;
      const writer = worker.lane.begin('call', 4).int(id);
      writer.list(calls.length * 2).raw(this.#body.take());
      if (worker.batches.length === 0) worker.progressMs = this.#clock.now();
      worker.batches.push({ id, calls, done: 0 });
      worker.lane.send();
    }
  }

  /** What the next batch of a process is made of, written to the body. */
  #writeCalls(worker: Worker): Call[] {
    const body = this.#body;
    const calls: Call[] = [];
    // Each gets its share of what all may take.
    const share = Math.ceil(this.#queue.length / this.#workers.size);
    while (calls.length < BATCH_CALLS && body.length < BATCH_BYTES) {
      const call = worker.queue.shift() ?? (calls.length < share ? this.#takeShared(worker) : undefined);
      if (call === undefined) break;
      if (call.isOver) continue;
      const number = this.#introduce(worker, call.site);
      const before = body.length;
      try {
        body.int(number).value(call.args);
        calls.push(call);
        // Others may be able to help with what follows: that is known soon.
        if (this.#workers.size > 1 && !this.#ownershipOf(call.site).isSettled) break;
      } catch (error) {
        body.truncate(before);
        giveUp(call, error as Error);
      }
    }
    return calls;
  }

  /** The first calls of a call site all go to one process, until it is known whether that keeps state. */
  #takeShared(worker: Worker): Call | undefined {
    for (let call = this.#queue.shift(); call !== undefined; call = this.#queue.shift()) {
      const ownership = this.#ownershipOf(call.site);
      if (ownership.isSettled && ownership.owner === null) return call;
      ownership.owner ??= worker;
      if (ownership.owner === worker) return call;
      ownership.owner.queue.push(call);
    }
    return undefined;
  }

  /** @returns the number under which the process knows it */
  #introduce(worker: Worker, site: CallSite): number {
    const known = worker.sites.get(site);
    if (known !== undefined) return known;
    const number = this.#next++;
    worker.sites.set(site, number);
    worker.byNumber.set(number, site);
    const writer = worker.lane.begin('site', 8).int(number).text(site.ruleId).text(site.opId);
    writer.int(0).int(site.funcId).value(site.state.snapshot());
    worker.lane.send();
    return number;
  }

  #takeResults(worker: Worker, message: MessageReader): void {
    const id = message.int();
    const batch = worker.batches.at(0);
    if (batch === undefined || batch.id !== id) throw new Error(`results of batch ${id} come out of turn`);
    if (message.int() !== batch.done) throw new Error('results come out of order');
    worker.progressMs = this.#clock.now();
    const count = message.list() / 2;
    if (batch.done + count > batch.calls.length) throw new Error('more results than calls');
    const outcomes: { readonly ok: boolean; readonly value: unknown }[] = [];
    for (let i = 0; i < count; i++) outcomes.push({ ok: message.bool(), value: message.value() });
    // Before anybody hears of a result: what was kept belongs to it.
    for (let changes = message.list(); changes > 0; changes--) this.#takeChanges(worker, message);
    for (const { ok, value } of outcomes) {
      const call = batch.calls[batch.done++] as Call;
      this.#settleSite(call.site, worker);
      if (call.isOver) continue;
      call.isOver = true;
      if (ok) call.resolve(value instanceof DateTime ? value.inZone(call.site.timeZone) : value);
      else call.reject(call.site.failure(value));
    }
    if (batch.done === batch.calls.length) worker.batches.shift();
    this.#dispatch();
  }

  /** `[site, puts, deletes]`; present as soon as the call site has asked for its state. */
  #takeChanges(worker: Worker, message: MessageReader): void {
    message.list();
    const site = worker.byNumber.get(message.int());
    if (site === undefined) {
      message.value();
      message.value();
      return;
    }
    site.state.apply(message);
    const ownership = this.#ownershipOf(site);
    ownership.owner = worker;
    ownership.isSettled = true;
  }

  #settleSite(site: CallSite, worker: Worker): void {
    const ownership = this.#ownership.get(site);
    if (ownership === undefined || ownership.isSettled) return;
    ownership.isSettled = true;
    if (ownership.owner !== worker) return;
    // It keeps nothing: the others may help from now on.
    ownership.owner = null;
    for (let count = worker.queue.length; count > 0; count--) {
      const call = worker.queue.shift() as Call;
      (call.site === site ? this.#queue : worker.queue).push(call);
    }
  }

  /** One timer for all calls; it looks when the next of them may be late. */
  #watch(atMs = this.#clock.now() + this.#timeoutMs): void {
    if (this.#timer !== null) return;
    this.#timer = this.#clock.setTimer(atMs, () => {
      this.#timer = null;
      const nextMs = this.#expire(this.#clock.now());
      if (nextMs !== null) this.#watch(nextMs);
    });
  }

  /** @returns when to look again, null when no call is waited for */
  #expire(nowMs: number): number | null {
    let nextMs: number | null = null;
    for (const worker of this.#workers.values()) {
      const batch = worker.batches.at(0);
      if (batch === undefined) continue;
      if (worker.progressMs + this.#timeoutMs <= nowMs) {
        // It works on the first that has no result; those behind it have their time from now on.
        worker.progressMs = nowMs;
        const stuck = batch.calls.find((call, i) => i >= batch.done && !call.isOver);
        if (stuck !== undefined) giveUp(stuck, channelErrors.TIME_OUT());
      }
      nextMs = Math.min(nextMs ?? Number.POSITIVE_INFINITY, worker.progressMs + this.#timeoutMs);
    }
    if (this.#workers.size > 0) return nextMs;
    for (let call = this.#queue.at(0); call !== undefined; call = this.#queue.at(0)) {
      if (call.calledMs + this.#timeoutMs > nowMs) return call.calledMs + this.#timeoutMs;
      this.#queue.shift();
      giveUp(call, channelErrors.TIME_OUT());
    }
    return null;
  }
}

function loadOf({ queue, batches }: Worker): number {
  return queue.length + batches.length;
}

function giveUp(call: Call, error: Error): void {
  if (call.isOver) return;
  call.isOver = true;
  call.reject(error);
}

function failCalls(queue: Ring<Call>, makeError: () => Error): void {
  for (let call = queue.shift(); call !== undefined; call = queue.shift()) giveUp(call, makeError());
}

/** The first call without a result is the one that the process worked on; those behind it waited there. */
function failWork({ batches }: Worker, why: string): void {
  let isFirst = true;
  for (const { calls, done } of batches) {
    for (let i = done; i < calls.length; i++) {
      giveUp(calls[i] as Call, isFirst ? channelErrors.FAILED(why) : channelErrors.NOT_SENT(why));
      isFirst = false;
    }
  }
}
