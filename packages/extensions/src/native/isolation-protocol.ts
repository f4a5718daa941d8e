/** Between a thread that runs rules and the thread of an isolated plugin. */
import { DateTime, setMember } from '@kuiper/base';
import type { Argument, CallArgument, OnNull } from '@kuiper/sdk';

export interface IsolationBoot {
  readonly name: string;
  readonly file: string;
  readonly functions: readonly string[] | null;
  readonly rootPath: string;
  /** Cell 0: number of the call that runs, 0 between calls. Cell 1: 1 when an answer lies on the port. */
  readonly cells: Int32Array;
}

export interface SiteContext {
  readonly ruleId: string;
  readonly opId: string;
  readonly funcId: number;
  readonly timeZone: string;
  readonly startedMs: number;
  readonly seed: number;
}

export type ToPlugin =
  | { readonly kind: 'open'; readonly site: number; readonly function: string; readonly context: SiteContext }
  | { readonly kind: 'close'; readonly site: number }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly site: number;
      readonly args: readonly unknown[];
      readonly nowMs: number;
    }
  | { readonly kind: 'check'; readonly id: number; readonly function: string; readonly args: readonly CallArgument[] }
  | { readonly kind: 'ping' }
  | { readonly kind: 'woke'; readonly id: number };

/** Key and value; without a value the key is deleted. */
export type StateWrite = readonly [key: string, value?: unknown];

export type FromPlugin =
  | { readonly kind: 'ready'; readonly functions: readonly IsolatedFunction[] }
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown; readonly writes: readonly StateWrite[] }
  | { readonly kind: 'failed'; readonly id: number; readonly why: string; readonly writes: readonly StateWrite[] }
  /** Answered on the port. */
  | { readonly kind: 'read'; readonly site: number; readonly key: string; readonly keyed: boolean }
  | { readonly kind: 'sleep'; readonly id: number; readonly site: number; readonly ms: number }
  | { readonly kind: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly kind: 'pong' };

export interface IsolatedFunction {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly onNull: OnNull;
  readonly overGroup: boolean;
  /** It checks its arguments itself. */
  readonly checks: boolean;
}

/** Moments as `Date`: of other classes threads only see the members. */
export function toWire(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof DateTime) return new Date(value.ms);
  return Array.isArray(value) ? value.map(toWire) : mapMembers(value, toWire);
}

export function fromWire(value: unknown, zone: string): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) return new DateTime(value.getTime(), zone);
  const map = (member: unknown): unknown => fromWire(member, zone);
  return Array.isArray(value) ? value.map(map) : mapMembers(value, map);
}

function mapMembers(members: object, map: (value: unknown) => unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(members)) setMember(copy, key, map(value));
  return copy;
}
