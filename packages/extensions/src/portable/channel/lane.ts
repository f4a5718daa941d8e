/** One connection of a request channel, seen from the side that answers: what it asked last and what it works on. */

/** What becomes of a call whose connection breaks: sent again on the next one, or failed at once. */
export type OnLoss = 'reissue' | 'fail';

export interface PendingCall {
  readonly body: SpBody;
  readonly timeoutMs: number;
  readonly onLoss: OnLoss;
  /** The only process that may take it, 0 for any. */
  readonly process: number;
  /** When it was made. */
  readonly calledMs: number;
  /** When its time is over, 0 before it is sent for the first time. */
  deadlineMs: number;
  /** Last id of the connection it was lost with, -1 when it was not: the request after that one is its result. */
  lostId: number;
  readonly resolve: (result: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * - `new`: has not said anything
 * - `serving`: takes calls
 * - `waiting`: there are as many serving ones as there should be; comes in when one of them goes
 * - `retired`: its process has a newer connection, or newer processes have its place
 */
export type LaneState = 'new' | 'serving' | 'waiting' | 'retired';

export interface Lane {
  readonly pipe: SpPipe;
  /** The same number for all connections of one process, from 1. */
  process: number;
  state: LaneState;
  hasServed: boolean;
  /** Of the newest request, -1 before the first. */
  lastId: number;
  /** That request has had its reply on this connection. */
  answered: boolean;
  call: PendingCall | null;
  /** Counts up with {@link RequestChannel.spawned}: as it was when the first message came. */
  generation: number;
}
import type { SpBody, SpPipe } from '@kuiper/sdk/wire';
