/**
 * The way out of a run: for each sink a queue, before them the output stages. Sinks that transform and encode alike
 * share a stage.
 */
import type { Clock, Logger } from '@kuiper/base';
import type { ConnectionStatus, ItemProps } from '@kuiper/sdk';
import type { ProgramOutput } from '../compile/program.ts';
import type { Ticket } from './ack.ts';
import { type CounterBlock, increment, sinkCounter, sinkCounters, stageCounters } from './counters.ts';
import type { StateTable } from './extension-state.ts';
import { OutputStage, outputKey } from './output-stage.ts';
import { patiently, settle } from './patience.ts';
import type { PlannedRule } from './plan-rule.ts';
import type { NoteBook } from './run-notes.ts';
import type { RuleStorage, RunServices, StoredCheckpoint } from './services.ts';
import { SinkOpening } from './sink-opening.ts';
import type { SinkPlan } from './sink-plan.ts';
import { type OutputItem, SinkQueue } from './sink-queue.ts';
import { shareKey, sourceDeclaration } from './source-hub.ts';
import type { Work } from './work.ts';

export interface RunSink {
  readonly plan: SinkPlan;
  readonly queue: SinkQueue;
  readonly stage: OutputStage;
  readonly counters: CounterBlock;
  readonly stageCounters: CounterBlock;
}

export interface RunSinksParts {
  readonly planned: PlannedRule;
  readonly services: RunServices;
  readonly work: Work;
  /** Its timers are work for the rule. */
  readonly clock: Clock;
  readonly storage: RuleStorage;
  readonly states: StateTable;
  readonly notes: NoteBook;
  readonly logger: Logger;
  /** Of the batch being worked on; null between batches. */
  readonly ticket: () => Ticket | null;
  readonly isStopping: () => boolean;
  /** A sink cannot go on: the run ends. */
  readonly fail: (error: Error) => void;
}

interface StageGroup {
  readonly plan: SinkPlan;
  readonly queues: SinkQueue[];
  readonly block: CounterBlock;
}

export class RunSinks {
  readonly list: RunSink[] = [];
  readonly stages: OutputStage[] = [];
  private readonly parts: RunSinksParts;
  private freed = false;

  constructor(parts: RunSinksParts) {
    this.parts = parts;
  }

  open(): void {
    const { planned, services } = this.parts;
    const { counters } = services;
    const groups = new Map<string, StageGroup>();
    const opened = planned.sinks.map((plan) => {
      const block = counters.allocate(sinkCounters);
      const queue = this.makeQueue(plan, block.values);
      const key = planned.plan.graph === undefined ? outputKey(plan) : plan.name;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { plan, queues: [queue], block: counters.allocate(stageCounters) });
      else group.queues.push(queue);
      return { plan, queue, block, key };
    });
    const stages = new Map<string, OutputStage>();
    for (const [key, group] of groups) {
      const stage = this.makeStage(group);
      stages.set(key, stage);
      this.stages.push(stage);
    }
    for (const { plan, queue, block, key } of opened) {
      const { block: stageBlock } = groups.get(key) as StageGroup;
      const stage = stages.get(key) as OutputStage;
      this.list.push({ plan, queue, counters: block, stageCounters: stageBlock, stage });
    }
    for (const { plan, queue, counters: block } of this.list) this.connect(plan, queue, block.values);
  }

  /** Outputs that an earlier run made and could not deliver: from its checkpoint, then from its logs. */
  async resume(stored: StoredCheckpoint | null): Promise<void> {
    const { planned, services, storage, logger, isStopping } = this.parts;
    const logs = this.list.length === 0 || planned.spec.temp ? null : await storage.logs();
    for (const { plan, queue } of this.list) {
      for (const packed of stored?.meta.pending[plan.name] ?? []) {
        const [item, props] = services.codec.unpack(packed) as [OutputItem, ItemProps];
        queue.push(item, props, null);
      }
      if (logs?.has(plan.name) === true) {
        const log = await storage.log(plan.name);
        if (isStopping()) {
          await settle(log.close(), logger);
          return;
        }
        queue.resume(log);
      }
      queue.flush();
    }
  }

  /** Graph rules: a sink that takes results from one place. Taps see them too. */
  outputOf(name: string, taps: Pick<ProgramOutput, 'emitRows' | 'emitError'>): ProgramOutput {
    const { stage } = this.list.find(({ plan }) => plan.name === name) as RunSink;
    const flushUnlessInBatch = (): void => {
      if (this.parts.ticket() === null) this.flush();
    };
    return {
      emitRow: (row) => {
        taps.emitRows([row]);
        stage.row(row);
        flushUnlessInBatch();
      },
      emitRows: (rows) => {
        taps.emitRows(rows);
        stage.rows(rows);
        flushUnlessInBatch();
      },
      emitError: (text) => {
        taps.emitError(text);
        stage.error(text);
        flushUnlessInBatch();
      },
    };
  }

  /** A promise means that a queue is full. */
  flush(): Promise<void> | undefined {
    let full: Promise<void> | undefined;
    const { list } = this;
    for (let i = 0; i < list.length; i++) {
      const { queue } = list[i] as RunSink;
      queue.flush();
      const wait = queue.whenRoom();
      if (wait !== undefined) full = full === undefined ? wait : Promise.all([full, wait]).then(() => undefined);
    }
    return full;
  }

  async whenIdle(): Promise<void> {
    await Promise.all(this.list.map(({ queue }) => queue.whenIdle()));
  }

  /** The sources have ended and everything is written. */
  async end(): Promise<void> {
    for (const { queue } of this.list) await settle(queue.end(), this.parts.logger);
  }

  /** A source that waits for room could not be closed. */
  refuseInput(): void {
    for (const { queue } of this.list) queue.refuseInput();
  }

  /** @param isSaved a checkpoint holds everything that is not safe yet */
  async stop(isSaved: boolean, patienceMs: number): Promise<void> {
    const { services, work, logger, notes, planned } = this.parts;
    for (const stage of this.stages) {
      if (!isSaved) work.run(() => stage.flushBatch());
      stage.stop();
    }
    for (const { plan, queue } of this.list) {
      const { enableCache, cleanCacheAtStop } = plan.cache;
      const keep = { memory: enableCache && !isSaved, log: !cleanCacheAtStop };
      const lost = queue.stop(keep).then((count) => {
        if (count > 0 && !isSaved) notes.drop(`sink_${plan.name}`, 'stopped', count);
      });
      const isLate = await patiently(services.clock, patienceMs, settle(lost, logger));
      if (isLate) logger.error(`rule ${planned.spec.id}: sink ${plan.name} does not close and is left behind`);
    }
  }

  /** Gives the counters back. */
  free(): void {
    const { counters } = this.parts.services;
    this.freed = true;
    for (const sink of this.list) {
      counters.free(sink.counters);
      counters.free(sink.stageCounters);
    }
  }

  private makeStage({ plan, queues, block }: StageGroup): OutputStage {
    const { planned, clock, notes, ticket } = this.parts;
    const stage: OutputStage = new OutputStage({
      plan,
      type: planned.plan.outputType,
      queues,
      clock,
      counters: block.values,
      ticket,
      onException: (text, encoding) => {
        const ending = encoding ? '_encode' : '_transform';
        const name = plan.chain.find((operator) => operator.endsWith(ending)) ?? plan.chain[0];
        notes.exception(`op_${name}`, text);
        // Downstream only: other sinks have had their own.
        if (planned.spec.options.sendError) stage.error(text);
      },
      onDrop: (reason, count) => notes.drop(`op_${plan.chain[0]}`, reason, count),
    });
    return stage;
  }

  private makeQueue(plan: SinkPlan, counters: Float64Array): SinkQueue {
    const { planned, services, work, clock, storage, notes, logger } = this.parts;
    const { cache, common } = plan;
    const cached = cache.enableCache;
    const canPause = this.canPause();
    return new SinkQueue({
      kind: plan.declaration.accepts,
      type: planned.plan.outputType,
      limit: Math.max(1, cached ? cache.memoryCacheThreshold : common.bufferLength),
      overflow: cached || !canPause ? 'spill' : 'wait',
      canHoldBack: canPause,
      spillLimit: cache.maxDiskCache,
      pageSize: cache.bufferPageSize,
      retryIntervalMs: cache.resendInterval,
      retries: true,
      work,
      clock,
      logger,
      codec: services.codec,
      openLog: () => storage.log(plan.name),
      onException: (text) => {
        increment(counters, sinkCounter.exceptions);
        counters[sinkCounter.lastExceptionTime] = services.clock.now();
        notes.exception(`sink_${plan.name}`, text);
        logger.warn(`sink ${plan.name}: ${text}`);
      },
      onDrop: (reason, count) => {
        increment(counters, sinkCounter.givenUp, count);
        notes.drop(`sink_${plan.name}`, reason, count);
      },
      onWritten: (count) => {
        increment(counters, sinkCounter.written, count);
        counters[sinkCounter.lastInvocation] = services.clock.now();
      },
      onLength: (length) => {
        counters[sinkCounter.queued] = length;
      },
    });
  }

  /** Whether full sinks may hold back the sources: not those others depend on, nor those that cannot wait. */
  private canPause(): boolean {
    const { planned, services } = this.parts;
    return planned.spec.sources.every((spec) => {
      const { options, kind } = spec;
      if (kind === 'table' && options.kind === 'lookup') return true;
      if (shareKey(spec, services) !== null) return false;
      return sourceDeclaration(spec, services).backpressure !== 'none';
    });
  }

  private connect(plan: SinkPlan, queue: SinkQueue, counters: Float64Array): void {
    const { planned, services, work, states, logger, isStopping, fail } = this.parts;
    const context = new SinkOpening(
      {
        clock: services.clock,
        logger,
        name: plan.name,
        ruleId: planned.spec.id,
        rootPath: services.rootPath,
        connections: services.connections,
        status: (status, message) => this.setStatus(plan.name, counters, status, message),
        abort: fail,
      },
      states,
    );
    const opened = work.run(() => plan.declaration.open(context, plan.props));
    if (!(opened instanceof Promise)) queue.connect(opened);
    else {
      opened.then(
        (sink) => {
          if (isStopping()) void settle(Promise.resolve(work.run(() => sink.close())), logger);
          else queue.connect(sink);
        },
        (error: unknown) => fail(error as Error),
      );
    }
  }

  private setStatus(name: string, counters: Float64Array, status: ConnectionStatus, message: string | undefined): void {
    if (this.freed) return;
    const now = this.parts.services.clock.now();
    if (status === 'connected') {
      counters[sinkCounter.status] = 1;
      counters[sinkCounter.connectedTime] = now;
    } else if (status === 'connecting') {
      counters[sinkCounter.status] = 0;
      counters[sinkCounter.tryTime] = now;
    } else {
      counters[sinkCounter.status] = -1;
      counters[sinkCounter.disconnectedTime] = now;
      this.parts.notes.disconnected(`sink_${name}`, message ?? '');
    }
  }
}
