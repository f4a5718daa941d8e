/**
 * Acknowledgement by position.
 *
 * Each ingested batch opens a {@link Ticket}. Whatever must still happen before the batch is safe (a sink's write, an
 * fsync of the input log, an asynchronous stage) holds the ticket. Positions are reported in order: the source hears
 * the highest position before which no ticket is held.
 */
export class Ticket {
  /** Position of the last message of the batch. */
  readonly position: number;
  private holders = 1;
  private readonly ledger: AckLedger;

  constructor(position: number, ledger: AckLedger) {
    this.position = position;
    this.ledger = ledger;
  }

  hold(): void {
    this.holders++;
  }

  release(): void {
    if (--this.holders === 0) this.ledger.advance();
  }

  get isFree(): boolean {
    return this.holders === 0;
  }
}

export class AckLedger {
  private open: Ticket[] = [];
  private head = 0;
  private readonly committed: (position: number) => void;

  /** @param committed called with growing positions */
  constructor(committed: (position: number) => void) {
    this.committed = committed;
  }

  /** Opens the ticket of a batch, held once by the caller, who releases it when the batch has been handed on. */
  issue(position: number): Ticket {
    const ticket = new Ticket(position, this);
    this.open.push(ticket);
    return ticket;
  }

  /** Number of batches not yet safe. */
  get outstanding(): number {
    return this.open.length - this.head;
  }

  /** Called by tickets that became free. */
  advance(): void {
    let position = -1;
    while (this.head < this.open.length) {
      const ticket = this.open[this.head] as Ticket;
      if (!ticket.isFree) break;
      position = ticket.position;
      this.head++;
    }
    if (position < 0) return;
    if (this.head === this.open.length) {
      this.open.length = 0;
      this.head = 0;
    } else if (this.head > 1024) {
      this.open = this.open.slice(this.head);
      this.head = 0;
    }
    this.committed(position);
  }
}
