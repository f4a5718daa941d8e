/**
 * Which worker a rule runs on.
 *
 * Rules that share something live together: inside a worker everything stays single-threaded. What belongs to one
 * thread by nature (memory topics, the data server, named connections, lookup tables, plugins) lives on worker 0. Rules on one
 * shared stream go where its first rule went; all others to the worker with the fewest rules.
 */
import type { RuleSpec } from '@kuiper/engine';
import type { ExtensionRecord, ExtensionSymbol } from '@kuiper/extensions/record';

/** Ties to worker 0. */
export const pinned = 'pinned';

/**
 * Extensions that live once in the whole engine: processes with one channel per symbol, modules whose exports may be
 * shared by all rules.
 */
export function isTied({ kind }: ExtensionRecord): boolean {
  return kind === 'portable' || kind === 'native';
}

/** @param tied names of extensions that live on worker 0 */
export function affinityKeys(spec: RuleSpec, tied: readonly ExtensionSymbol[] = []): string[] {
  const keys = new Set<string>();
  const types = new Set(tied.filter(({ kind }) => kind !== 'function').map(({ name }) => name));
  const look = (type: string, props: unknown): void => {
    if (type === 'memory' || type === 'httppush' || type === 'websocket' || type === 'sse') keys.add(pinned);
    if (types.has(type)) keys.add(pinned);
    if (props !== null && typeof props === 'object' && 'connectionSelector' in props) keys.add(pinned);
  };
  for (const { kind, name, options, props } of spec.sources) {
    if (kind === 'table' && options.kind === 'lookup') keys.add(pinned);
    if (options.shared === true) keys.add(`stream/${name}`);
    look(options.type ?? '', props);
  }
  for (const { type, props } of spec.actions) look(type, props);
  // A name that only looks like a call ties a rule that could go anywhere: no harm.
  const text = tied.length === 0 ? '' : (spec.sql ?? JSON.stringify(spec.graph));
  if (tied.some(({ kind, name }) => kind === 'function' && text.includes(name))) keys.add(pinned);
  return [...keys];
}

export class Placement {
  private readonly load: number[];
  private readonly placed = new Map<string, { readonly worker: number; readonly keys: readonly string[] }>();
  private readonly homes = new Map<string, { worker: number; rules: Set<string> }>();

  constructor(workers: number) {
    this.load = new Array<number>(workers).fill(0);
  }

  /** Where a rule with these keys would go. */
  preview(keys: readonly string[]): number {
    if (keys.includes(pinned)) return 0;
    for (const key of keys) {
      const home = this.homes.get(key);
      if (home !== undefined) return home.worker;
    }
    return this.load.indexOf(Math.min(...this.load));
  }

  place(ruleId: string, keys: readonly string[]): number {
    this.forget(ruleId);
    const worker = this.preview(keys);
    this.placed.set(ruleId, { worker, keys });
    this.load[worker] = (this.load[worker] ?? 0) + 1;
    for (const key of keys) {
      const home = this.homes.get(key) ?? { worker, rules: new Set<string>() };
      home.rules.add(ruleId);
      this.homes.set(key, home);
    }
    return worker;
  }

  forget(ruleId: string): void {
    const place = this.placed.get(ruleId);
    if (place === undefined) return;
    this.placed.delete(ruleId);
    this.load[place.worker] = (this.load[place.worker] ?? 1) - 1;
    for (const key of place.keys) {
      const home = this.homes.get(key);
      if (home?.rules.delete(ruleId) === true && home.rules.size === 0) this.homes.delete(key);
    }
  }
}
