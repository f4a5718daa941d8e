/** What the control plane and a worker say to each other. Plain data; calls are answered by number. */
import { type ErrorPlace, KuiperError, type LogFields, type LogLevel, placeOf } from '@kuiper/base';
import type { RunLayout, RunNotes, TapEvent, Topology } from '@kuiper/engine';
import type { ControlArgument, PortableState } from '@kuiper/extensions';
import type { EngineSettings } from '../engine-settings.ts';
import type { RunEnd } from '../rule-host.ts';
import type { LevelKvTicket } from '../store/index.ts';

export interface WorkerBoot {
  readonly settings: EngineSettings;
  readonly store: LevelKvTicket;
  /** Slot 0 of the first counts up while the worker lives; of the second names the rule being worked for. */
  readonly heartbeat: Int32Array;
  readonly activity: Int32Array;
  readonly debug: boolean;
  /** The control plane runs processes of portable plugins; the states known so far. Null: there are none. */
  readonly portable: readonly PortableState[] | null;
}

/** What a worker is told: calls that it answers, answers to what it asked, news. */
export type ToWorker =
  | Call
  | { readonly kind: 'answered'; readonly id: number; readonly error: PlainError | null }
  | { readonly kind: 'portable'; readonly state: PortableState };

export interface Call {
  readonly kind: 'call';
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'end'; readonly end: RunEnd }
  | { readonly kind: 'slab'; readonly index: number; readonly buffer: SharedArrayBuffer }
  | { readonly kind: 'number'; readonly ruleId: string; readonly number: number }
  | { readonly kind: 'started'; readonly ruleId: string; readonly layout: RunLayout; readonly topology: Topology }
  | { readonly kind: 'notes'; readonly ruleId: string; readonly notes: RunNotes }
  /** A command for a portable plugin; answered with `answered`. */
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly command: 'start' | 'stop';
      readonly plugin: string;
      readonly argument: ControlArgument;
    }
  | { readonly kind: 'tap'; readonly tap: number; readonly event: TapEvent }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields };

export interface PlainError {
  readonly id: string;
  readonly code: number;
  readonly domain: 'user' | 'external' | 'internal';
  readonly retry: boolean;
  readonly text: string;
  readonly place: ErrorPlace | null;
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof KuiperError) {
    const { id, code, domain, retry, message } = error;
    return { id, code, domain, retry, text: message, place: placeOf(error) };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { id: 'INTERNAL', code: 1000, domain: 'internal', retry: false, text, place: null };
}

export function fromPlainError({ id, text, place, ...traits }: PlainError): KuiperError {
  return new KuiperError(id, traits, text, place ?? {});
}
