import fc from 'fast-check';
import { expect, test } from 'vitest';
import { directoryName } from './directory-name.ts';

test('ids become names that a person still recognises', () => {
  for (const [id, name] of [
    ['rule1', 'rule1'],
    ['a-b_c', 'a-b_c'],
    ['', '%'],
    ['.', '%2e'],
    ['../x', '%2e%2e%2fx'],
    ['Rule', '%52ule'],
    ['100%', '100%25'],
    ['ü', '%c3%bc'],
    ['\ud800', '%ud800'],
    ['con', '%con'],
    ['con2', 'con2'],
    ['com1', '%com1'],
  ] as const) {
    expect(directoryName(id)).toBe(name);
  }
});

test('a name is safe, bounded and belongs to one id', () => {
  const id = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.stringMatching(/^[%~aA0-9.:/]{0,20}$/));
  const idOf = new Map<string, string>();
  fc.assert(
    fc.property(id, (text) => {
      const name = directoryName(text);
      expect(name).toMatch(/^[a-z0-9_%~-]{1,150}$/);
      expect(idOf.get(name) ?? text).toBe(text);
      idOf.set(name, text);
    }),
    { numRuns: 2000 },
  );
});
