/** The window of GROUP BY: lengths in milliseconds or rows, conditions bound. Source: behaviour spec, sql §11. */
import type { TimeUnit, Window } from '@kuiper/sql';
import type { WindowSpec } from '../plan/plan-node.ts';
import type { Binder, Place } from './binder.ts';
import { analyzeErrors } from './errors.ts';
import type { AnalyzeOptions, QueryWindow } from './query.ts';
import type { TypedExpr } from './typed-expr.ts';
import { type AliasTable, walkTyped } from './walk-typed.ts';

export const unitMs: Readonly<Record<TimeUnit, number>> = {
  dd: 86_400_000,
  hh: 3_600_000,
  mi: 60_000,
  ss: 1000,
  ms: 1,
};

/** The numbers of a window as written. */
interface WindowNumbers {
  readonly unit: TimeUnit | null;
  readonly length: number;
  readonly interval: number;
  readonly delay: number;
}

export function bindWindow(binder: Binder, window: Window, options: AnalyzeOptions): QueryWindow {
  const plain = (clause: Place['clause']): Place => ({ clause, selfAlias: null, counts: 'evaluation' });
  const filter = window.filter === null ? null : binder.bind(window.filter, plain('windowFilter'));
  const begin = window.type === 'state' ? binder.bind(window.begin, plain('windowCondition')) : null;
  const emit =
    window.type === 'state' && window.emit !== null ? binder.bind(window.emit, plain('windowCondition')) : null;
  const { over } = window;
  const trigger =
    over === null || over.when === null
      ? null
      : binder.bind(over.when, { clause: 'windowTrigger', selfAlias: null, counts: 'condition' });
  const partitionBy = over === null ? [] : binder.bindAll(over.partitionBy, plain('windowCondition'));
  checkPartition(binder, partitionBy);
  const { unit, length, interval, delay } = windowNumbers(window);
  const scale = unit === null ? 1 : unitMs[unit];
  const spec: WindowSpec = {
    type: window.type,
    unit,
    length: length * scale,
    interval: interval * scale,
    delayMs: delay * scale,
    rawLength: length,
    rawInterval: interval,
    trigger: window.type === 'sliding' ? trigger : null,
    begin,
    emit,
    partitionBy: window.type === 'state' ? partitionBy : [],
    calls: binder.windowConditionCalls,
    hits: window.type === 'sliding' && trigger !== null ? conditionHits(binder, trigger) : [],
    sendTwice: options.planOptimizeStrategy.enableSendSlidingWindowTwice,
    version2: options.planOptimizeStrategy.windowVersion === 'v2',
  };
  return { spec, filter };
}

/** A row is told its partition before there are groups. */
function checkPartition(binder: Binder, partitionBy: readonly TypedExpr[]): void {
  const aggregate = partitionBy.find((expr) => binder.hasAggregate(expr));
  if (aggregate !== undefined)
    throw analyzeErrors.AGGREGATE_IN_GROUP_BY(String(aggregate.text), { span: aggregate.span });
}

function windowNumbers(window: Window): WindowNumbers {
  switch (window.type) {
    case 'tumbling':
      return { unit: window.unit, length: window.length, interval: 0, delay: 0 };
    case 'hopping':
      return { unit: window.unit, length: window.length, interval: window.hop, delay: 0 };
    case 'sliding':
      return { unit: window.unit, length: window.length, interval: 0, delay: window.delay ?? 0 };
    case 'session':
      return { unit: window.unit, length: window.maxDuration, interval: window.timeout, delay: 0 };
    case 'count':
      return { unit: null, length: window.count, interval: window.step ?? 0, delay: 0 };
    case 'state':
      return { unit: null, length: 0, interval: 0, delay: 0 };
  }
}

/** Ids of the calls below a condition that count when it holds; through aliases too. */
export function conditionHits(scope: { readonly aliases: AliasTable }, condition: TypedExpr): readonly number[] {
  const ids: number[] = [];
  walkTyped(
    condition,
    (expr) => {
      if (expr.kind === 'implicit' && expr.counts === 'condition') ids.push(expr.id);
    },
    scope.aliases,
  );
  return ids;
}
