/** The way into a run: one source of a rule as the run holds it. */
import type { FilterNode, PlanNode, SourcePlan } from '../plan/plan-node.ts';
import type { Ticket } from './ack.ts';
import type { SourceLease } from './source-hub.ts';
import type { Subscriber } from './source-runtime.ts';
import { splitOperatorName } from './topology.ts';

export interface RunSource {
  readonly plan: SourcePlan;
  readonly lease: SourceLease;
  readonly subscriber: Subscriber;
  /** Set when the source replays itself and the rule is checkpointed. */
  readonly unsafe: UncheckpointedTickets | null;
  /** The position at which the run left a source. */
  stoppedAt: unknown;
}

/** From where the source would go on. */
export function positionOf({ runtime }: SourceLease): unknown {
  return runtime.inputLog?.nextSeq ?? runtime.resumeState();
}

/** Of a source that replays: batches are safe when a checkpoint holds what the rule made of them. */
export class UncheckpointedTickets {
  private open: Ticket[] = [];
  private marked: Ticket[] = [];

  hold(ticket: Ticket): void {
    ticket.hold();
    this.open.push(ticket);
  }

  /** The checkpoint that begins now holds all batches so far. */
  mark(): void {
    this.marked = [...this.marked, ...this.open];
    this.open = [];
  }

  releaseMarked(): void {
    for (const ticket of this.marked.splice(0)) ticket.release();
  }

  releaseAll(): void {
    this.mark();
    this.releaseMarked();
  }
}

/** The node that hands rows of a source to the program. */
export function lastSourceNode(plan: SourcePlan): string {
  const last = plan.splitNodes[plan.splitNodes.length - 1];
  return last === undefined ? `source_${plan.nodeName}` : splitOperatorName(plan, last);
}

/** What dispatch may look up instead of asking the rule; null when every row goes to it. */
export function indexCondition(root: PlanNode, source: SourcePlan): FilterNode['index'] {
  const filter = findFilterAbove(root, source);
  return filter?.index ?? null;
}

/** The filter that takes its rows straight from this source. */
function findFilterAbove(node: PlanNode, source: SourcePlan): FilterNode | null {
  if (node.kind === 'filter' && node.inputs[0]?.kind === 'dataSource' && node.inputs[0].source.index === source.index)
    return node;
  for (const input of node.inputs) {
    const found = findFilterAbove(input, source);
    if (found !== null) return found;
  }
  return null;
}
