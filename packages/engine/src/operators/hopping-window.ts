import { SingleState } from '../state/single-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { mostEmptyWindows } from './boundaries.ts';
import { BoundaryWindow } from './boundary-window.ts';
import { createHopContent, type HopContent } from './hop-content.ts';
import type { WindowSetup, WindowView } from './types.ts';
import { windowFingerprint } from './window-fingerprint.ts';

/**
 * Ends at each boundary, a hop apart, with the rows of the last `length` before it, empty or not. `window_start` is the
 * end minus the length. Source: behaviour spec, sql §11.3 with D8 and D9, runtime §15.
 */
export class HoppingWindow<T> extends BoundaryWindow<T> {
  override readonly state: StateSlot;
  readonly #content: HopContent<T>;

  constructor(setup: WindowSetup<T>) {
    const { spec } = setup;
    super(setup, { units: spec.rawInterval, ms: spec.interval });
    this.#content = createHopContent(setup.name, setup.content, setup.codec, spec.length, spec.interval);
    const state = new StateGroup(setup.name, windowFingerprint(setup));
    state.add('rows', this.#content.state);
    const saved = (): unknown => (this.boundaries.isAligned ? this.boundaries.nextMs : undefined);
    const load = (stored: unknown): void => {
      this.boundaries.nextMs = stored as number;
    };
    state.add('time', new SingleState(setup.name, '', saved, load));
    this.state = state;
  }

  protected override add(item: T, timestampMs: number): void {
    this.#content.add(item, timestampMs);
  }

  protected override get isMovable(): boolean {
    return this.#content.isEmpty;
  }

  protected override align(timeMs: number): void {
    this.boundaries.align(timeMs);
    this.#content.align(this.boundaries.nextMs);
  }

  protected override advance(timeMs: number): void {
    const boundaries = this.boundaries;
    while (timeMs >= boundaries.nextMs) {
      const endMs = boundaries.nextMs;
      if (!this.#content.isEmpty || this.setup.emitEmpty) this.#end(endMs);
      boundaries.advance();
      if (!this.#content.isEmpty) continue;
      if (!this.setup.emitEmpty || boundaries.passedAt(timeMs) > mostEmptyWindows) boundaries.skipTo(timeMs);
    }
  }

  #end(endMs: number): void {
    const view = this.#content.window(endMs);
    if (this.setup.emitEmpty || rowsOf(view) > 0) {
      this.setup.output(view, { start: endMs - this.setup.spec.length, end: endMs, trigger: endMs });
    }
    this.#content.forget(endMs);
  }
}

function rowsOf(view: WindowView<unknown>): number {
  return view.kind === 'rows' ? view.end - view.start : view.rows;
}
