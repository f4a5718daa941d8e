/** The example that runs TFLite models, on models made here. Source: behaviour spec, extension §9. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExampleServer } from './example-server.ts';
import { hasPackage, modulesOf } from './optional-packages.ts';
import { writeLinear, writeSum } from './tflite-model.ts';

let server: ExampleServer;
beforeAll(async () => {
  server = await ExampleServer.start();
});
afterAll(() => server.stop());

const weights = [1, 0.5, -1, 0, 2, 0.25];
const bias = [10, -0.5];
const linearOf = (x: readonly number[]): number[] =>
  bias.map((start, row) => x.reduce((sum, value, i) => sum + value * (weights[row * 3 + i] as number), start));

/** What an expression gives for rows, or the texts of errors. */
async function ask(expression: string, ...rows: readonly object[]): Promise<unknown[]> {
  const sql = (stream: string): string => `SELECT ${expression} AS y FROM ${stream}`;
  const answers = await server.ask({ format: 'json', sql, bodies: rows.map((row) => JSON.stringify(row)) });
  return answers.map((answer) => (typeof answer === 'string' ? answer : answer.y));
}

function install(isolation: string): Promise<void> {
  return server.install('tflite', { name: 'tfLite', isolation });
}

it('says what to install when the runtime is missing', { timeout: 60_000 }, async () => {
  await install('none');
  server.upload('linear.tflite', writeLinear(weights, bias));
  expect(await ask('tfLite("linear", x)', { x: [1, 2, 3] })).toEqual([
    expect.stringContaining(
      'call func tfLite error: the npm package @litertjs/core cannot be loaded: run `npm install',
    ),
  ]);
  await server.uninstall('tfLite');
});

describe.skipIf(!hasPackage('@litertjs/core'))('models', { timeout: 60_000 }, () => {
  beforeAll(() => {
    server.linkPackages(modulesOf('@litertjs/core'));
    server.upload('linear.tflite', writeLinear(weights, bias));
    server.upload('sum.tflite', writeSum(4));
    server.upload('text.tflite', Buffer.from('no model'));
    server.upload('broken.tflite', Buffer.concat([Buffer.from([255, 255, 0, 0]), Buffer.from('TFL3')]));
  });

  // Twice in the thread of the rule: the second plugin finds the runtime that the first one has started.
  for (const isolation of ['none', 'none', 'worker']) {
    describe(isolation === 'none' ? 'in the thread of the rule' : 'in a thread of their own', () => {
      beforeAll(() => install(isolation));
      afterAll(() => server.uninstall('tfLite'));

      it('compute what they should', async () => {
        const xs = [
          [1, 2, 3],
          [0, 0, 0],
          [0.5, -1, 8],
        ];
        const rows = xs.map((x) => ({ x }));
        expect(await ask('tfLite("linear", x)', ...rows)).toEqual(xs.map((x) => [linearOf(x)]));
        expect(await ask('tfLite("sum", a, b)[0]', { a: [1, 2, 3, 4], b: [0.5, 9, 3, 4] })).toEqual([[1.5, 11, 6, 8]]);
      });

      it('take bytes, and keep floats that are whole', async () => {
        const bytes = Buffer.from(Float32Array.of(1, 2, 3).buffer).toString('base64');
        expect(await ask('tfLite("linear", decode(x, "base64"))', { x: bytes })).toEqual([[linearOf([1, 2, 3])]]);
        expect(await ask('tfLite("sum", x, x)[0][0] / 4', { x: [1, 0, 0, 0] })).toEqual([0.5]);
      });

      it('fail the row that does not fit them, with the reason', async () => {
        const fails: [call: string, row: object, why: string][] = [
          ['tfLite("linear", x, x)', { x: [1] }, 'model linear takes 1 tensors but was given 2'],
          ['tfLite("linear", x)', { x: 1 }, 'input x must be a list of float32 or bytes'],
          ['tfLite("linear", x)', { x: [1, 2] }, 'input x takes 3 elements but was given 2'],
          ['tfLite("linear", x)', { x: [1, 'a', 3] }, 'element 1 of input x is not float32'],
          ['tfLite("linear", x)', { x: [1, [2], 3] }, 'element 1 of input x is a list: tensors are flat'],
          ['tfLite("linear", decode(x, "base64"))', { x: 'AAE=' }, 'input x takes 12 bytes but was given 2'],
          ['tfLite("absent", x)', { x: [1] }, 'model absent not found: there is no data/uploads/absent.tflite'],
          ['tfLite("../uploads/linear", x)', { x: [1] }, 'invalid model name ../uploads/linear'],
          ['tfLite("text", x)', { x: [1] }, 'model text cannot be loaded: it is no TFLite file'],
          ['tfLite("broken", x)', { x: [1] }, 'model broken cannot be loaded: '],
        ];
        for (const [expression, row, why] of fails) {
          expect(await ask(expression, row)).toEqual([expect.stringContaining(`call func tfLite error: ${why}`)]);
        }
        expect(await ask('tfLite("linear", x)', { x: [1, 2, 3] })).toEqual([[linearOf([1, 2, 3])]]);
      });

      it('are read again by the next rule when their file has changed', async () => {
        server.upload('turns.tflite', writeLinear(weights, bias));
        expect(await ask('tfLite("turns", x)[0]', { x: [1, 2, 3] })).toEqual([linearOf([1, 2, 3])]);
        server.upload('turns.tflite', writeLinear([2, 2], [1]));
        expect(await ask('tfLite("turns", x)[0]', { x: [1, 2] })).toEqual([[7]]);
      });
    });
  }
});
