import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkId } from './ids.ts';
import { Ring } from './ring.ts';
import { SourceWriter } from './source-writer.ts';
import { createTextLogger } from './text-logger.ts';
import { ManualClock } from './time/manual-clock.ts';

test('identifiers are letters, digits, hyphens and underscores', () => {
  for (const id of ['a', 'rule-1_B', '0']) expect(checkId(id)).toBe(id);
  for (const id of ['', 'a b', '../x', 'a.b', 'é', 'a\n']) {
    expect(() => checkId(id)).toThrow(
      `id '${id}' contains invalid characters: only alphanumeric, hyphens and underscores are allowed`,
    );
  }
});

describe('ring', () => {
  test('behaves like a bounded list', () => {
    const operation = fc.oneof(
      fc.record({ name: fc.constant('push' as const), item: fc.nat() }),
      fc.record({ name: fc.constant('unshift' as const), item: fc.nat() }),
      fc.record({ name: fc.constant('shift' as const), item: fc.constant(0) }),
      fc.record({ name: fc.constant('clear' as const), item: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (operations, capacity) => {
        const ring = new Ring<number>(capacity, 2);
        let list: number[] = [];
        for (const { name, item } of operations) {
          if (name === 'shift') expect(ring.shift()).toBe(list.shift());
          else if (name === 'clear') {
            ring.clear();
            list = [];
          } else {
            expect(ring[name](item)).toBe(list.length < capacity);
            if (list.length < capacity) list[name](item);
          }
          expect([...ring]).toEqual(list);
          expect(ring.length).toBe(list.length);
          expect(ring.isFull).toBe(list.length === capacity);
          expect(ring.at(0)).toBe(list[0]);
        }
      }),
    );
  });
});

describe('text logger', () => {
  const lines: string[] = [];
  const clock = new ManualClock(1700000000123);

  test('prints one line per entry, quoting what needs it', () => {
    const logger = createTextLogger({ sink: (line) => lines.push(line), clock, zone: 'UTC' });
    logger.with({ rule: 'r1' }).info('it "starts"', { port: 9081, path: 'a/b c' });
    logger.debug('hidden');
    logger.warn('plain');
    expect(lines).toEqual([
      'time="2023-11-14T22:13:20Z" level=info msg="it \\"starts\\"" rule=r1 port=9081 path="a/b c"',
      'time="2023-11-14T22:13:20Z" level=warning msg=plain',
    ]);
    expect(logger.debugEnabled).toBe(false);
  });

  test('its level can change while it runs', () => {
    lines.length = 0;
    let level: 'debug' | 'error' = 'error';
    const logger = createTextLogger({ sink: (line) => lines.push(line), clock, zone: 'UTC', level: () => level });
    logger.warn('no');
    level = 'debug';
    logger.debug('yes');
    expect(lines).toEqual(['time="2023-11-14T22:13:20Z" level=debug msg=yes']);
  });
});

test('generated source refers to values by name and can be printed', () => {
  const w = new SourceWriter();
  const name = w.bind('secret', '"]; evil();');
  w.block('return function twice(x)', () => w.line(`return x + ${name} + x;`));
  expect(String(w)).toBe('return function twice(x) {\n  return x + secret$0 + x;\n}');
  expect((w.evaluate() as (x: string) => string)('-')).toBe('-"]; evil();-');
});
