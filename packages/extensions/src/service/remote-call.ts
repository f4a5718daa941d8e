/** One function of a service as its callers see it. `Q` is a call ready to be sent, made of the arguments. */
import type { CallArgument } from '@kuiper/sdk';
import type { CallSignal } from './call-signal.ts';

export interface RemoteCall<Q = unknown> {
  /** What of the arguments is wrong before any row is seen, else null. */
  check(args: readonly CallArgument[]): string | null;
  /** @param args tagged. Throws a row error for arguments that do not fit. */
  encode(args: readonly unknown[]): Q;
  /** Equal for calls that ask the same; null for those too large to compare. */
  key(call: Q): string | null;
  /** Whether identical calls in flight may share an answer when the user does not say. */
  shareable(call: Q): boolean;
  /**
   * One attempt. Rejects with a `CallFailure` or another row error; after `signal` aborts, at once.
   * @returns tagged
   */
  send(call: Q, signal: CallSignal): Promise<unknown>;
}

/** What calls of one interface share: connections. It opens them when they are needed, also after a `close`. */
export interface RemoteClient {
  /** No call is in flight. */
  close(): Promise<void> | void;
}

/** Calls with more than this are not compared with others. */
export const longestKey = 65_536;
