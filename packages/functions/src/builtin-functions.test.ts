import { describe, expect, test } from 'vitest';
import { builtinFunctions } from './builtin-functions.ts';
import { checkExamples } from './examples/run-examples.ts';
import { FunctionTable } from './function-table.ts';

describe('every function gives what its examples say', () => {
  for (const declaration of builtinFunctions) {
    test(declaration.name, () => {
      expect(checkExamples(declaration)).toEqual([]);
    });
  }
});

describe('every declaration', () => {
  test('has a name of its own', () => {
    expect(() => new FunctionTable(builtinFunctions)).not.toThrow();
  });

  for (const declaration of builtinFunctions) {
    test(`${declaration.name} has a lower-case name, a summary and examples`, () => {
      expect(declaration.name).toBe(declaration.name.toLowerCase());
      expect(declaration.summary).toMatch(/\.$/);
      expect(declaration.examples.length).toBeGreaterThan(0);
      for (const example of declaration.examples) {
        expect(example.gives === undefined, example.call).toBe(example.fails !== undefined);
      }
    });
  }
});
