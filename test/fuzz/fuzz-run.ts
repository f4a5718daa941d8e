/** Statements and events by the number, from a seed. */
import { Dice } from './dice.ts';
import { type Finding, FuzzRule, planText } from './fuzz-rule.ts';
import { randomEvent } from './random-event.ts';
import { garbage, mutate, randomStatement } from './random-statement.ts';

export interface FuzzSize {
  readonly seed: number;
  readonly statements: number;
  readonly events: number;
  /** Longest time one statement or one event may take; 0 for any. */
  readonly slowMs: number;
  readonly progress?: (text: string) => void;
  /** Told each statement before it is tried. */
  readonly at?: (index: number, statement: string) => void;
}

export interface FuzzResult {
  readonly accepted: number;
  readonly rules: number;
  readonly findings: readonly Finding[];
}

/** Each planned statement becomes a rule until there are no more events; from then on they are only planned. */
export function fuzz({ seed, statements, events, slowMs, progress, at }: FuzzSize): FuzzResult {
  const dice = new Dice(seed);
  const findings = new Map<string, Finding>();
  const report = (finding: Finding): void => {
    const key = finding.what.replace(/[0-9]+|"[^"]*"/g, '#').slice(0, 160);
    if (findings.has(key)) return;
    findings.set(key, finding);
    progress?.(`${finding.what}\n    ${finding.input}`);
  };
  const timed = <T>(what: string, input: string, run: () => T): T => {
    const start = performance.now();
    const result = run();
    const tookMs = performance.now() - start;
    if (slowMs > 0 && tookMs > slowMs) report({ what: `${what} took ${tookMs.toFixed(0)} ms`, input });
    return result;
  };
  let accepted = 0;
  let rules = 0;
  let sent = 0;
  let previous = randomStatement(dice);
  for (let i = 0; i < statements; i++) {
    const text = nextText(dice, previous);
    at?.(i, text);
    const due = Math.ceil(((i + 1) / statements) * events);
    const plan = timed('planning', text, () => planText(dice, text, report));
    if (plan !== 'refused') {
      accepted++;
      previous = text;
      // every rule takes so many events that the last statement meets the last event
      if (sent < due) {
        rules++;
        const mode = dice.chance(0.7) ? 'compiled' : 'interpreted';
        const rule = timed('compiling', text, () => FuzzRule.start(plan, text, mode, report));
        for (; rule !== null && sent < due; sent++) {
          const event = randomEvent(dice);
          at?.(i, `${text}\n  event ${event.toString('hex')}`);
          timed('an event', text, () => rule.send(event));
          if (dice.chance(0.2)) timed('a pause', text, () => rule.advance(dice.pick([1, 10, 1000, 5000])));
          at?.(i, `${text}\n  at the end of its events`);
        }
        timed('a checkpoint', text, () => rule?.stop());
      }
    }
    if (i % 10_000 === 9999) progress?.(`${i + 1} statements, ${sent} events, ${findings.size} findings`);
  }
  return { accepted, rules, findings: [...findings.values()] };
}

function nextText(dice: Dice, previous: string): string {
  const roll = dice.below(100);
  if (roll < 55) return randomStatement(dice);
  if (roll < 85) return mutate(dice, dice.chance(0.5) ? previous : randomStatement(dice), randomStatement(dice));
  return garbage(dice);
}
