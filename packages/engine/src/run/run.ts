/**
 * One run of a rule: its program instance between its sources and its sinks, from start to end.
 *
 * Open order: sinks, state, replay of logged input, program, sources. A run is used once; its metrics stay readable
 * after it has ended. Source: behaviour spec, runtime §3.4.
 */
import { type Clock, errorText, KuiperError, type Logger, type Row, type Timer } from '@kuiper/base';
import type { ProgramInstance, ProgramOutput, RunEnvironment, ScriptRunner } from '../compile/program.ts';
import { counter, nodeCounters } from '../compile/program.ts';
import type { SourcePlan } from '../plan/plan-node.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { Ticket } from './ack.ts';
import { type CheckpointedSource, Checkpointer, restoreSlots } from './checkpointer.ts';
import { type CounterBlock, dispatchCounters, failureTimeIndex, increment } from './counters.ts';
import { runErrors } from './errors.ts';
import { StateTable } from './extension-state.ts';
import { CallContext, type FunctionSurroundings, Sleepers } from './function-context.ts';
import { lookupCacheSettings } from './lookup-cache-settings.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { OutputStage } from './output-stage.ts';
import { type PassThrough, passThroughTranscoder } from './pass-through.ts';
import type { PlannedRule } from './plan-rule.ts';
import type { SourceSpec } from './rule-spec.ts';
import { type RunLayout, type RunNotes, readMetrics } from './run-metrics.ts';
import type { RuleStorage, RunServices, StoredCheckpoint } from './services.ts';
import { NoteBook } from './run-notes.ts';
import { RunSinks } from './run-sinks.ts';
import { indexCondition, lastSourceNode, positionOf, type RunSource, UncheckpointedTickets } from './run-source.ts';
import { shareKey, type SourceHub, type SourceLease, sourceType } from './source-hub.ts';
import type { Subscriber } from './source-runtime.ts';
import { declaredSchema } from './spec-catalog.ts';
import { patiently, settle } from './patience.ts';
import { splitOperatorName } from './topology.ts';
import { Work } from './work.ts';

/** From here on sources wait for asynchronous stages (lookups) to catch up. */
const mostDraining = 256;
/** How long stopping waits for the last checkpoint. */
const stopPatienceMs = 5000;
/** How long it waits for each sink, source or function that has to close what it holds. */
const closePatienceMs = 10_000;

export interface RunEndReason {
  readonly kind: 'done' | 'error';
  readonly message: string;
}

/** Sees what the run sends to its sinks. Rows are represented as `planned.plan.outputType` says. */
export interface RunTap {
  rows(rows: readonly Row[]): void;
  error(text: string): void;
}

/** Who runs the run. */
export interface RunListener {
  /** It has ended by itself. */
  ended(reason: RunEndReason): void;
  /** A text or a reason in `notes` is new. */
  noted(): void;
}

export class Run implements ProgramOutput {
  readonly planned: PlannedRule;
  /** `nodeCounters` per operator, then the times of last failures. */
  readonly counters: CounterBlock;
  readonly sources: RunSource[] = [];
  private readonly noteBook: NoteBook;
  private readonly sinks: RunSinks;
  private readonly services: RunServices;
  private readonly hub: SourceHub;
  private readonly logger: Logger;
  private readonly storage: RuleStorage;
  private readonly work: Work;
  /** Its timers are work for this rule. */
  private readonly clock: Clock;
  private readonly listener: RunListener;
  /** Those of `sinks`: rows go to them directly. */
  private readonly stages: readonly OutputStage[];
  /** What calls, sinks and the rule's own sources keep. */
  private readonly states = new StateTable();
  private readonly sleepers: Sleepers;
  /** Interpreters of a graph's script nodes by node. */
  private readonly scripts = new Map<string, ScriptRunner>();
  private instance: ProgramInstance | null = null;
  private checkpointer: Checkpointer | null = null;
  private checkpointTimer: Timer | null = null;
  private ticket: Ticket | null = null;
  private taps: Set<RunTap> | null = null;
  private ended = 0;
  private stopping: Promise<void> | null = null;
  private onStop = (): void => {};
  /** Set for a moment while a checkpoint waits for asynchronous stages: sources are held back. */
  private wantsQuiet = false;
  /** Batches whose asynchronous part has not come out yet. */
  private draining = 0;

  constructor(planned: PlannedRule, services: RunServices, hub: SourceHub, listener: RunListener) {
    this.planned = planned;
    this.services = services;
    this.hub = hub;
    this.listener = listener;
    this.logger = services.logger.with({ rule: planned.spec.id });
    this.storage = services.storage(planned.spec.id, planned.spec.temp);
    this.work = new Work(services.activity, planned.spec.id);
    this.clock = this.work.clock(services.clock, (error) => this.threw(error));
    this.sleepers = new Sleepers(services.clock);
    this.counters = services.counters.allocate(planned.plan.operators.length * (nodeCounters + 1));
    this.noteBook = new NoteBook(() => listener.noted());
    this.sinks = new RunSinks({
      planned,
      services,
      work: this.work,
      clock: this.clock,
      storage: this.storage,
      states: this.states,
      notes: this.noteBook,
      logger: this.logger,
      ticket: () => this.ticket,
      isStopping: () => this.isStopping(),
      fail: (error) => this.fail(error),
    });
    this.stages = this.sinks.stages;
  }

  /** Texts and reasons by node name. */
  get notes(): RunNotes {
    return this.noteBook.notes;
  }

  get ruleId(): string {
    return this.planned.spec.id;
  }

  /**
   * Resolves when the run accepts events; connections may still be dialing. Also resolves, with nothing left open, when
   * it is stopped meanwhile.
   */
  async start(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  metrics(): NodeMetrics[] {
    return readMetrics(this.layout(), (address) => (address as CounterBlock).values, this.notes);
  }

  /** Where the numbers are; fixed once the run has started. */
  layout(): RunLayout {
    const { plan, topology } = this.planned;
    const decoders = new Map<string, number>();
    this.sources.forEach(({ plan: source }, i) => {
      for (const name of source.splitNodes) decoders.set(name, i);
    });
    return {
      operators: plan.operators.map((name) => {
        const of = decoders.get(name) ?? null;
        const shown = of === null ? `op_${name}` : splitOperatorName((this.sources[of] as RunSource).plan, name);
        const indexedBy = this.sources.findIndex(
          ({ subscriber, plan: source }) =>
            subscriber.index !== null && topology.edges[lastSourceNode(source)]?.includes(shown) === true,
        );
        return {
          name: shown,
          decoderOf: name.endsWith('_preprocessor') ? null : of,
          indexedBy: indexedBy < 0 ? null : indexedBy,
        };
      }),
      program: this.counters,
      sources: this.sources.map(({ plan: source, lease, subscriber }) => ({
        name: `source_${source.nodeName}`,
        block: lease.runtime.counters,
        dispatch: subscriber.dispatch,
      })),
      sinks: this.sinks.list.map(({ plan: sink, counters, stageCounters }) => ({
        name: `sink_${sink.name}`,
        chain: sink.chain.map((name) => `op_${name}`),
        stage: stageCounters,
        block: counters,
      })),
    };
  }

  /** Gives the counters back, when nobody will read them any more. */
  free(): void {
    const { counters } = this.services;
    for (const { lease } of this.sources) lease.free();
    counters.free(this.counters);
    this.sinks.free();
    for (const { subscriber } of this.sources) counters.free(subscriber.dispatch);
  }

  tableRows(): { readonly emitter: string; readonly content: readonly Row[] }[] {
    const tables = this.planned.plan.sources.filter(({ role }) => role === 'scan');
    return tables.map(({ stream, index }) => ({ emitter: stream, content: this.instance?.tableRows(index) ?? [] }));
  }

  tap(listener: RunTap): () => void {
    this.taps ??= new Set();
    this.taps.add(listener);
    return () => {
      this.taps?.delete(listener);
      if (this.taps?.size === 0) this.taps = null;
    };
  }

  async checkpoint(): Promise<void> {
    if (this.isCheckpointed() || this.states.isUsed) await this.checkpointer?.take();
    for (const { lease } of this.sources) await lease.saveState();
  }

  /** `PUT /rules/{id}/reset_state`. */
  resetState(request: { readonly type: number; readonly params: Readonly<Record<string, unknown>> }): void {
    if (request.type !== 1) throw runErrors.STATE_TYPE(request.type);
    const stream = String(request.params.streamName ?? '');
    const source = this.sources.find(({ plan }) => plan.stream === stream);
    if (source === undefined) throw runErrors.STREAM_NOT_IN_TOPO(stream);
    const input = (request.params.input ?? {}) as Record<string, unknown>;
    if (!source.lease.runtime.reset(input)) throw runErrors.RESET_UNSUPPORTED(source.lease.runtime.name);
  }

  /** Ends the run: sources first, then a last checkpoint, then the sinks. Joins a stop that is under way. */
  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  emitRow(row: Row): void {
    if (this.taps !== null) this.tell([row]);
    for (let i = 0; i < this.stages.length; i++) (this.stages[i] as OutputStage).row(row);
    if (this.ticket === null) this.sinks.flush();
  }

  emitRows(rows: readonly Row[]): void {
    if (this.taps !== null) this.tell(rows);
    for (let i = 0; i < this.stages.length; i++) (this.stages[i] as OutputStage).rows(rows);
    if (this.ticket === null) this.sinks.flush();
  }

  emitError(text: string): void {
    for (const tap of this.taps ?? []) tap.error(text);
    for (const stage of this.stages) stage.error(text);
    if (this.ticket === null) this.sinks.flush();
  }

  private async open(): Promise<void> {
    const { plan, spec } = this.planned;
    const kept = this.keepsState() ? await this.storage.checkpoints().load() : null;
    if (this.isStopping()) return;
    const stored = this.isCheckpointed() ? kept : null;
    this.states.restoreFrom(kept);
    this.sinks.open();
    await this.sinks.resume(stored);
    if (this.isStopping()) return;
    await this.openScripts();
    if (this.isStopping()) return;
    const instance = this.work.run(() => this.planned.program.instantiate(this.environment()));
    this.instance = instance;
    if (stored !== null) this.restore(stored);
    const opening = this.work.run(() => instance.open());
    if (opening !== undefined) await this.unlessStopped(opening);
    if (this.isStopping()) return;
    for (const source of plan.sources) {
      await this.acquireSource(source, stored);
      if (this.isStopping()) return;
    }
    const isFirm = await this.replayInputs(stored);
    if (this.isStopping()) return;
    this.states.restored();
    this.work.run(() => instance.start());
    if (this.keepsState()) {
      this.makeCheckpointer(instance);
      // Until there is one, nothing says from where on the input log is this rule's.
      if (!isFirm && this.isCheckpointed()) await settle(this.checkpoint(), this.logger);
      if (this.isStopping()) return;
      this.scheduleCheckpoint();
    }
    for (const { lease } of this.sources) {
      lease.open().catch((error: unknown) => this.fail(error as Error));
    }
    this.logger.debug(`rule ${spec.id} runs`);
  }

  /** Waits for foreign code, which may never answer; a rule that is being stopped does not. */
  private async unlessStopped(step: Promise<void>): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.onStop = resolve;
    });
    step.catch(() => {});
    await Promise.race([step, stopped]);
  }

  private isStopping(): boolean {
    return this.stopping !== null;
  }

  /** What sources, sinks and functions keep outlasts the run. */
  private keepsState(): boolean {
    const { spec } = this.planned;
    return spec.options.qos > 0 && !spec.temp;
  }

  /** The rule has state of its own: positions and outputs have to fit it. */
  private isCheckpointed(): boolean {
    const { plan } = this.planned;
    return this.keepsState() && (plan.stateful || this.hasReplayingSource());
  }

  private hasReplayingSource(): boolean {
    return this.planned.spec.sources.some(
      (spec) => this.services.registries.source(sourceType(spec))?.replays === true,
    );
  }

  private environment(): RunEnvironment {
    const { services } = this;
    const { spec, plan } = this.planned;
    const around: FunctionSurroundings = {
      clock: services.clock,
      timeZone: services.timeZone,
      ruleId: spec.id,
      qos: spec.options.qos,
      logger: this.logger,
      rootPath: services.rootPath,
      startedMs: services.clock.now(),
      sleepers: this.sleepers,
      random: () => services.random(),
      keyedState: (key) => services.keyedState(key),
    };
    return {
      ruleId: spec.id,
      clock: this.clock,
      logger: this.logger,
      timeZone: services.timeZone,
      counters: this.counters.values,
      sendError: spec.options.sendError,
      resume: (step) => this.work.resume(step, (error) => this.threw(error)),
      output: this,
      onError: (operator, text) => this.countError(operator, text),
      onDrop: (operator, reason, count) => this.noteBook.drop(`op_${plan.operators[operator]}`, reason, count),
      functionContext: (site) => new CallContext(around, site, this.states),
      lookup: (source) => services.lookupTable(plan.sources[source]?.stream ?? ''),
      lookupCache: (source) => {
        const stream = plan.sources[source]?.stream;
        return lookupCacheSettings(spec.sources.find(({ name }) => name === stream)?.props ?? {});
      },
      sinkOutput: (name) => this.sinks.outputOf(name, this.tapOutput),
      script: (node) => this.scripts.get(node) as ScriptRunner,
    };
  }

  private async openScripts(): Promise<void> {
    for (const step of this.planned.plan.graph?.steps ?? []) {
      if (step.kind !== 'script') continue;
      const script = await this.services.scripts.open(step.script);
      this.scripts.set(step.name, script);
      if (this.isStopping()) script.close();
    }
  }

  private slots(): readonly StateSlot[] {
    return [...(this.instance?.state ?? []), ...this.states.slots];
  }

  private restore(stored: StoredCheckpoint): void {
    for (const name of restoreSlots(this.instance?.state ?? [], stored)) {
      this.logger.warn(`state ${name} does not fit the rule any more and starts empty`);
      this.noteBook.drop(`op_${name}`, 'state misfit', 1);
    }
  }

  private async acquireSource(plan: SourcePlan, stored: StoredCheckpoint | null): Promise<void> {
    const input = this.instance?.inputs[plan.index] ?? null;
    const spec = this.planned.spec.sources.find(({ name }) => name === plan.stream);
    if (plan.role === 'lookup' || input === null || spec === undefined) return;
    const lease = await this.hub.acquire({
      spec,
      // what others read of the stream is theirs to say
      schema: declaredSchema(shareKey(spec, this.services) === null ? plan.decoded : spec.columns),
      ruleId: this.ruleId,
      sendError: this.planned.spec.options.sendError,
      checkpointed: this.isCheckpointed(),
      usesMeta: plan.metaKeys === null || plan.metaKeys.length > 0,
      resumeFrom: stored?.meta.positions[plan.stream] ?? null,
      states: this.states,
      keepsState: this.keepsState(),
      openInputLog: () => this.storage.log(`input-${plan.stream}`),
    });
    if (this.isStopping()) {
      await settle(lease.release(), this.logger);
      lease.free();
      return;
    }
    const unsafe = lease.runtime.inputLog === null && this.isCheckpointed() ? new UncheckpointedTickets() : null;
    const subscriber: Subscriber = {
      input,
      columns: plan.columns,
      index: indexCondition(this.planned.plan.root, plan),
      passThrough: lease.shared ? null : this.passThrough(spec),
      dispatch: this.services.counters.allocate(dispatchCounters),
      work: this.work,
      begin: (ticket) => {
        this.ticket = ticket;
        if (ticket !== null) unsafe?.hold(ticket);
      },
      threw: (error) => this.threw(error),
      end: () => this.endBatch(),
      ended: (reason) => {
        if (plan.role === 'stream') this.sourceEnded(reason);
      },
      aborted: (error) => this.fail(error),
      noted: () => this.noteSource(plan, lease),
    };
    this.sources.push({ plan, lease, subscriber, unsafe, stoppedAt: null });
  }

  /** `SELECT *` of the rule's own source: bytes in, bytes out. */
  private passThrough(spec: SourceSpec): PassThrough | null {
    const { plan, sinks } = this.planned;
    const format = this.services.registries.format(spec.options.format ?? 'json');
    const transcoder = passThroughTranscoder(plan, sinks, spec, format);
    if (transcoder === null) return null;
    const { values } = this.counters;
    const project = (plan.operators.length - 1) * nodeCounters;
    return {
      transcoder,
      isOpen: () => this.taps === null,
      take: (payload) => {
        for (const index of [counter.in, counter.out, counter.processed]) increment(values, project + index);
        for (const stage of this.stages) stage.encoded(payload);
      },
    };
  }

  /** @returns whether the stored positions say where to go on after a crash */
  private async replayInputs(stored: StoredCheckpoint | null): Promise<boolean> {
    let isFirm = true;
    for (const { plan, lease, subscriber } of this.sources) {
      const { inputLog } = lease.runtime;
      if (inputLog === null) {
        lease.runtime.attach(subscriber);
        continue;
      }
      const position = stored?.meta.positions[plan.stream];
      if (typeof position !== 'number' || position > inputLog.nextSeq) isFirm = false;
      // Without a checkpoint of its own a rule on a private source has still logged input to catch up with.
      const from = typeof position === 'number' ? position : lease.shared ? inputLog.nextSeq : inputLog.firstSeq;
      inputLog.keepFrom(this.ruleId, from);
      await lease.runtime.replayAndAttach(subscriber, from, () => this.isStopping());
      if (this.isStopping()) break;
    }
    return isFirm;
  }

  private endBatch(): Promise<void> | undefined {
    const { ticket } = this;
    this.ticket = null;
    const drained = this.instance?.drain();
    const full = this.sinks.flush();
    if (drained === undefined) return full;
    this.draining++;
    // The batch is not done before what is on its way has come out and is safe.
    ticket?.hold();
    void drained.then(() => {
      this.draining--;
      if (ticket === null) return;
      for (const stage of this.stages) stage.cover(ticket);
      ticket.release();
    });
    if (!this.wantsQuiet && this.draining < mostDraining) return full;
    return full === undefined ? drained : Promise.all([full, drained]).then(() => undefined);
  }

  private sourceEnded(reason: string | undefined): void {
    this.ended++;
    const expected = this.sources.filter(({ plan }) => plan.role === 'stream').length;
    if (this.ended < expected) return;
    const message = reason === undefined || reason === '' ? 'done' : `done: ${reason}`;
    void this.finish({ kind: 'done', message });
  }

  /** All sinks drain before the run counts as done. */
  private async finish(reason: RunEndReason): Promise<void> {
    await this.instance?.drain();
    this.work.run(() => {
      for (const stage of this.stages) stage.flushBatch();
      this.sinks.flush();
    });
    await this.sinks.whenIdle();
    if (this.stopping !== null) return;
    await this.sinks.end();
    // While the sources are open: they hear that everything is safe.
    await settle(this.checkpoint(), this.logger);
    if (this.stopping !== null) return;
    await this.stop();
    this.listener.ended(reason);
  }

  private fail(error: Error): void {
    if (this.stopping !== null) return;
    this.logger.error(
      `rule ${this.ruleId} ends: ${errorText(error)}`,
      error instanceof KuiperError ? { code: error.code } : {},
    );
    void this.stop().then(() => this.listener.ended({ kind: 'error', message: errorText(error) }));
  }

  /** A row made the program throw, which it should not: told with the stack, counted where the program ends. */
  private threw(error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.logger.error(`rule ${this.ruleId}: internal error: ${stack}`);
    if (this.planned.plan.operators.length === 0) return;
    this.countError(this.planned.plan.operators.length - 1, `internal error: ${errorText(error)}`);
  }

  private countError(operator: number, text: string): void {
    const { operators } = this.planned.plan;
    increment(this.counters.values, operator * nodeCounters + counter.exceptions);
    this.counters.values[failureTimeIndex(operators.length, operator, nodeCounters)] = this.services.clock.now();
    this.noteBook.exception(`op_${operators[operator]}`, text);
    if (this.logger.debugEnabled) this.logger.debug(text);
  }

  private noteSource(plan: SourcePlan, { runtime }: SourceLease): void {
    const node = `source_${plan.nodeName}`;
    this.noteBook.source(node, runtime);
    this.noteBook.exception(node, runtime.lastException);
    const decoder = plan.splitNodes.find((name) => name.endsWith('_decoder'));
    if (decoder !== undefined) this.noteBook.exception(splitOperatorName(plan, decoder), runtime.lastDecodeError);
  }

  private makeCheckpointer(instance: ProgramInstance): void {
    const whole = this.isCheckpointed();
    this.checkpointer = new Checkpointer({
      store: this.storage.checkpoints(),
      // What a rule without state of its own passes on is acknowledged when it is safe: only extensions keep something.
      instance: whole ? instance : { drain: () => undefined },
      quiet: (wanted) => {
        this.wantsQuiet = wanted;
      },
      slots: () => this.slots(),
      sources: whole ? this.sources.map((source) => this.checkpointed(source)) : [],
      outputs: whole ? this.sinks.list.map(({ plan, queue, stage }) => ({ name: plan.name, queue, stage })) : [],
      codec: this.services.codec,
      clock: this.services.clock,
      logger: this.logger,
    });
  }

  private checkpointed(source: RunSource): CheckpointedSource {
    const { plan, lease, unsafe } = source;
    const { runtime } = lease;
    return {
      stream: plan.stream,
      position: () => {
        unsafe?.mark();
        return source.stoppedAt ?? positionOf(lease);
      },
      synced: async () => runtime.inputLog?.synced(),
      committed: (position) => {
        unsafe?.releaseMarked();
        if (typeof position === 'number') runtime.inputLog?.keepFrom(this.ruleId, position);
      },
    };
  }

  private scheduleCheckpoint(): void {
    const { clock } = this.services;
    const { checkpointIntervalMs } = this.planned.spec.options;
    this.checkpointTimer = clock.setTimer(clock.now() + checkpointIntervalMs, () => {
      // A failure is logged and kept for status; the next tick tries again.
      void this.checkpoint()
        .catch(() => {})
        .finally(() => {
          if (this.stopping === null) this.scheduleCheckpoint();
        });
    });
  }

  private async close(): Promise<void> {
    this.onStop();
    this.checkpointTimer?.cancel();
    for (const source of this.sources) {
      const { lease, subscriber } = source;
      lease.quiesce();
      lease.runtime.detach(subscriber);
      // A shared source goes on, but not for this rule.
      source.stoppedAt = positionOf(lease);
    }
    this.sinks.refuseInput();
    const isSaved = await this.saveAtStop();
    if (!this.isCheckpointed()) await this.drainAtStop();
    for (const { lease } of this.sources) {
      if (lease.shared) lease.runtime.inputLog?.forget(this.ruleId);
      await settle(lease.release(), this.logger);
    }
    const ended = this.work.run(() => this.instance?.stop());
    this.sleepers.wakeAll();
    if (ended !== undefined) await this.patiently('a function', ended);
    for (const script of this.scripts.values()) script.close();
    for (const { unsafe } of this.sources) unsafe?.releaseAll();
    await this.sinks.stop(isSaved, closePatienceMs);
  }

  /** Waits for foreign code to close what it holds; what never answers is left behind. */
  private async patiently(what: string, closing: Promise<void>): Promise<void> {
    const isLate = await patiently(this.services.clock, closePatienceMs, settle(closing, this.logger));
    if (isLate) this.logger.error(`rule ${this.ruleId}: ${what} does not close and is left behind`);
  }

  /** What is on its way through asynchronous stages comes out, as no checkpoint holds it. */
  private async drainAtStop(): Promise<void> {
    this.sleepers.wakeAll();
    const drained = this.instance?.drain();
    if (drained === undefined) return;
    if (!(await patiently(this.services.clock, stopPatienceMs, settle(drained, this.logger)))) return;
    const last = this.planned.plan.operators.at(-1);
    this.noteBook.drop(`op_${last ?? ''}`, 'stopped', this.draining);
    this.logger.warn(
      `rule ${this.ruleId}: answers that ${this.draining} batches wait for take too long, their rows are dropped`,
    );
  }

  /** @returns whether a last checkpoint holds everything that is not safe yet */
  private async saveAtStop(): Promise<boolean> {
    const whole = this.isCheckpointed();
    if (this.checkpointer === null || !(whole || this.states.isUsed)) return false;
    const { clock } = this.services;
    let isSaved = false;
    const saving = this.checkpointer.takeLast().then(
      () => {
        isSaved = whole;
      },
      // It has been logged.
      () => {},
    );
    const isLate = await patiently(clock, stopPatienceMs, saving);
    if (isLate) this.logger.warn('a last checkpoint takes too long, the one before stays');
    return isSaved && !isLate;
  }

  private tell(rows: readonly Row[]): void {
    for (const tap of this.taps ?? []) tap.rows(rows);
  }

  /** Taps as an output of their own, for the sinks of graphs. */
  private readonly tapOutput = {
    emitRows: (rows: readonly Row[]): void => {
      if (this.taps !== null) this.tell(rows);
    },
    emitError: (text: string): void => {
      for (const tap of this.taps ?? []) tap.error(text);
    },
  };
}
