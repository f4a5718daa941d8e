/** A source over the extended protocol: rows keep the kinds of their values, and what the source keeps comes with them. */
import type { Row } from '@kuiper/base';
import type { Meta, SourceContext } from '@kuiper/sdk';
import type { MessageReader } from '@kuiper/sdk/wire';
import type { LinkLane, LinkServant } from './link-listener.ts';
import { LinkState } from './link-state.ts';

/** Where rows go. */
export interface RowTaker {
  takeRows(rows: readonly Row[], metas: readonly (Meta | null)[]): void;
}

export class LinkSource implements LinkServant {
  readonly #context: SourceContext;
  readonly #taker: RowTaker;
  readonly #state: LinkState;
  readonly #onSenders: (count: number, why: string) => void;
  readonly #lanes = new Set<LinkLane>();

  constructor(context: SourceContext, taker: RowTaker, onSenders: (count: number, why: string) => void) {
    this.#context = context;
    this.#taker = taker;
    this.#state = new LinkState(context);
    this.#onSenders = onSenders;
  }

  snapshot(): Record<string, unknown> {
    return this.#state.snapshot();
  }

  opened(lane: LinkLane): void {
    this.#lanes.add(lane);
    this.#onSenders(this.#lanes.size, '');
  }

  closed(lane: LinkLane, why: string): void {
    this.#lanes.delete(lane);
    this.#onSenders(this.#lanes.size, why);
  }

  received(_: LinkLane, name: string, message: MessageReader): void {
    if (name === 'rows') this.#takeRows(message);
    else if (name === 'error') this.#context.fail(new Error(message.text()));
    else if (name === 'state') this.#state.apply(message);
    else if (name === 'end') this.#context.end(message.text());
    else throw new Error(`a source does not send ${name}`);
  }

  #takeRows(message: MessageReader): void {
    const count = message.list() / 2;
    const rows: Row[] = [];
    const metas: (Meta | null)[] = [];
    for (let i = 0; i < count; i++) {
      rows.push(message.members() ?? {});
      metas.push(message.members());
    }
    this.#state.apply(message);
    this.#taker.takeRows(rows, metas);
  }
}
