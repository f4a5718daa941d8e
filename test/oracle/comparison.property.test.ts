/** Comparison and conversion of any two values, against the tables of the language. Source: sql §5.4, §7.2. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { play } from './play.ts';

const simple = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom('', 'a', 'b', 'é', '\uffee', '😀', '1', '-2.5', '0x1f', 'true', 'T', 'no', '1e3'),
);
const value = fc.oneof({ weight: 6, arbitrary: simple }, { weight: 1, arbitrary: fc.array(simple, { maxLength: 2 }) });

const failed = Symbol('failed');
type Order = (order: number) => boolean;
const operators: Readonly<Record<string, Order>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function compared(op: string, a: unknown, b: unknown): unknown {
  if (a === null) return false;
  if (Array.isArray(a)) return failed;
  if (b === null) return false;
  const holds = operators[op] as Order;
  if (typeof a === 'number' && typeof b === 'number') return holds(a < b ? -1 : a > b ? 1 : 0);
  if (typeof a === 'string' && typeof b === 'string') return holds(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  if (typeof a === 'boolean' && typeof b === 'boolean' && (op === '=' || op === '!=')) return holds(a === b ? 0 : 1);
  return failed;
}

/** The value under `x` of the only row, null when there is none; {@link failed} for an error. */
function result(messages: readonly unknown[]): unknown {
  const [message] = messages;
  if (typeof message === 'string') return failed;
  const [row] = message as Record<string, unknown>[];
  return row?.x ?? null;
}

describe('comparison', () => {
  for (const op of Object.keys(operators)) {
    test(op, () => {
      fc.assert(
        fc.property(value, value, fc.constantFrom('compiled' as const, 'interpreted' as const), (a, b, mode) => {
          expect(result(play(`SELECT a ${op} b AS x FROM s`, [['s', { a, b }]], mode))).toBe(compared(op, a, b));
        }),
        { numRuns: 300 },
      );
    });
  }
});

const trueTexts = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const falseTexts = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** What `cast` gives for values that are no lists. */
const casts: Readonly<Record<string, (v: unknown) => unknown>> = {
  boolean: (v) => {
    if (typeof v === 'boolean') return v;
    if (typeof v === 'number') return v !== 0;
    if (trueTexts.includes(v as string)) return true;
    return falseTexts.includes(v as string) ? false : failed;
  },
  float: (v) => {
    if (typeof v === 'boolean') return v ? 1 : 0;
    if (typeof v === 'number') return v;
    return /^-?\d+(\.\d+)?(e\d+)?$/.test(v as string) ? Number(v) : failed;
  },
  bigint: (v) => {
    if (typeof v === 'boolean') return v ? 1 : 0;
    if (typeof v === 'number') return Math.trunc(v) + 0;
    return /^-?(\d+|0x[0-9a-f]+)$/.test(v as string) ? Number(v) : failed;
  },
};

describe('conversion', () => {
  for (const [type, oracle] of Object.entries(casts)) {
    test(type, () => {
      // beyond 2^53 a double is no longer the integer it names
      const moderate = simple.filter((v) => typeof v !== 'number' || type !== 'bigint' || Math.abs(v) < 2 ** 53);
      fc.assert(
        fc.property(moderate, fc.constantFrom('compiled' as const, 'interpreted' as const), (a, mode) => {
          const wanted = a === null ? null : oracle(a);
          const got = result(play(`SELECT cast(a, "${type}") AS x FROM s`, [['s', { a }]], mode));
          // the sign of zero is lost in JSON rows
          expect(typeof got === 'number' ? got + 0 : got).toBe(typeof wanted === 'number' ? wanted + 0 : wanted);
        }),
        { numRuns: 300 },
      );
    });
  }
});
