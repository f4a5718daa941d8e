/** The example that runs ONNX models, on models made here. Source: behaviour spec, extension §9. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExampleServer } from './example-server.ts';
import { type OnnxModel, writeOnnx } from './onnx-model.ts';
import { hasPackage, modulesOf } from './optional-packages.ts';

let server: ExampleServer;
beforeAll(async () => {
  server = await ExampleServer.start();
});
afterAll(() => server.stop());

const weight = [1, 0.5, -1, 0, 2, 0.25];
const bias = [10, -0.5];
/** y = x·W + b for any number of rows of three. */
const linear: OnnxModel = {
  inputs: [{ name: 'x', type: 'float32', shape: ['rows', 3] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['rows', 2] }],
  nodes: [
    { op: 'MatMul', from: ['x', 'w'], to: ['xw'] },
    { op: 'Add', from: ['xw', 'b'], to: ['y'] },
  ],
  weights: [
    { name: 'w', shape: [3, 2], values: weight },
    { name: 'b', shape: [2], values: bias },
  ],
};

function linearOf(x: readonly number[]): number[] {
  const y: number[] = [];
  for (let row = 0; row < x.length; row += 3) {
    for (const [column, start] of bias.entries()) {
      let sum = start;
      for (let i = 0; i < 3; i++) sum += (x[row + i] as number) * (weight[i * 2 + column] as number);
      y.push(sum);
    }
  }
  return y;
}

/** Two inputs, three outputs of other types. */
const mixed: OnnxModel = {
  inputs: [
    { name: 'a', type: 'float32', shape: [4] },
    { name: 'b', type: 'float32', shape: [4] },
  ],
  outputs: [
    { name: 'sum', type: 'float32', shape: [4] },
    { name: 'largest', type: 'int64', shape: [1] },
    { name: 'greater', type: 'bool', shape: [4] },
  ],
  nodes: [
    { op: 'Add', from: ['a', 'b'], to: ['sum'] },
    { op: 'ArgMax', from: ['sum'], to: ['largest'], ints: { axis: 0 } },
    { op: 'Greater', from: ['a', 'b'], to: ['greater'] },
  ],
};

/** Takes each type as it is. */
function echo(type: 'int64' | 'uint8' | 'bool' | 'string' | 'float16'): OnnxModel {
  return {
    inputs: [{ name: 'x', type, shape: ['n'] }],
    outputs: [{ name: 'y', type, shape: ['n'] }],
    nodes: [{ op: 'Identity', from: ['x'], to: ['y'] }],
  };
}

const call = (expression: string) => (stream: string) => `SELECT ${expression} AS y FROM ${stream}`;

/** What an expression gives for rows, or the texts of errors. */
async function ask(expression: string, ...rows: readonly object[]): Promise<unknown[]> {
  const bodies = rows.map((row) => JSON.stringify(row));
  const answers = await server.ask({ format: 'json', sql: call(expression), bodies });
  return answers.map((answer) => (typeof answer === 'string' ? answer : answer.y));
}

it('says what to install when the runtime is missing', { timeout: 60_000 }, async () => {
  await server.install('onnx');
  server.upload('linear.onnx', writeOnnx(linear));
  expect(await ask('onnx("linear", x)', { x: [1, 2, 3] })).toEqual([
    expect.stringContaining(
      'call func onnx error: the npm package onnxruntime-node cannot be loaded: run `npm install',
    ),
  ]);
  await server.uninstall('onnx');
});

describe.skipIf(!hasPackage('onnxruntime-node'))('models', { timeout: 60_000 }, () => {
  beforeAll(() => {
    server.linkPackages(modulesOf('onnxruntime-node'));
    server.upload('linear.onnx', writeOnnx(linear));
    server.upload('mixed.onnx', writeOnnx(mixed));
    for (const type of ['int64', 'uint8', 'bool', 'string', 'float16'] as const) {
      server.upload(`${type}.onnx`, writeOnnx(echo(type)));
    }
    server.upload('broken.onnx', Buffer.from('no model'));
  });

  for (const isolation of ['none', 'worker']) {
    describe(isolation === 'none' ? 'in the thread of the rule' : 'in a thread of their own', () => {
      beforeAll(() => server.install('onnx', { isolation }));
      afterAll(() => server.uninstall('onnx'));

      it('compute what they should, for as many rows as there are', async () => {
        const xs = [
          [1, 2, 3],
          [0, 0, 0],
          [0.5, -1, 8, 1, 1, 1],
        ];
        const rows = xs.map((x) => ({ x }));
        expect(await ask('onnx("linear", x)', ...rows)).toEqual(xs.map((x) => [linearOf(x)]));
      });

      it('take typed streams', async () => {
        const bodies = ['{"data":[1,2,3]}', '{"data":[4,5.5,6]}'];
        const sql = call('onnx("linear", data)[0]');
        const answers = await server.ask({ columns: 'data ARRAY(FLOAT)', format: 'json', sql, bodies });
        expect(answers).toEqual([{ y: linearOf([1, 2, 3]) }, { y: linearOf([4, 5.5, 6]) }]);
      });

      it('have several inputs and outputs, of several types', async () => {
        expect(await ask('onnx("mixed", a, b)', { a: [1, 2, 3, 4], b: [0.5, 9, 3, 4] })).toEqual([
          [[1.5, 11, 6, 8], [1], [true, false, false, false]],
        ]);
        // A float stays one when it is whole, an index is an int.
        const kinds = 'onnx("mixed", a, a)[0][0] / 4 * 10 + onnx("mixed", a, a)[1][0] / 2';
        expect(await ask(kinds, { a: [1, 2, 3, 3] })).toEqual([6]);
      });

      it('take every type', async () => {
        const calls: [call: string, row: object, gives: unknown][] = [
          ['onnx("int64", x)', { x: [1, -2] }, [[1, -2]]],
          ['onnx("uint8", x)', { x: [0, 255] }, [[0, 255]]],
          ['onnx("uint8", decode(x, "base64"))', { x: 'AAECAw==' }, [[0, 1, 2, 3]]],
          ['onnx("bool", x)', { x: [true, false] }, [[true, false]]],
          ['onnx("string", x)', { x: ['a', 'é'] }, [['a', 'é']]],
        ];
        for (const [expression, row, gives] of calls) {
          expect([expression, await ask(expression, row)]).toEqual([expression, [gives]]);
        }
      });

      it('fail the row that does not fit them, with the reason', async () => {
        const fails: [call: string, row: object, why: string][] = [
          ['onnx("linear", x, x)', { x: [1] }, 'model linear takes 1 tensors but was given 2'],
          ['onnx("linear", x)', { x: 1 }, 'input x must be a list of float32 or bytes'],
          ['onnx("linear", x)', { x: [[1, 2, 3]] }, 'element 0 of input x is a list: tensors are flat'],
          ['onnx("linear", x)', { x: [1, 'a', 3] }, 'element 1 of input x is not float32'],
          [
            'onnx("linear", x)',
            { x: [1, 2] },
            'input x takes a multiple of 3 elements in the shape [rows, 3] but was given 2',
          ],
          ['onnx("mixed", x, x)', { x: [1] }, 'input a takes 4 elements in the shape [4] but was given 1'],
          ['onnx("linear", decode(x, "base64"))', { x: 'AAE=' }, 'input x has 2 bytes, which are no elements of 4'],
          ['onnx("int64", x)', { x: [0.5] }, 'element 0 of input x is not int64'],
          ['onnx("float16", x)', { x: [1] }, 'input x has elements of type float16: they cannot be given'],
          ['onnx("absent", x)', { x: [1] }, 'model absent not found: there is no data/uploads/absent.onnx'],
          ['onnx("../uploads/linear", x)', { x: [1] }, 'invalid model name ../uploads/linear'],
          ['onnx("broken", x)', { x: [1] }, 'model broken cannot be loaded: '],
        ];
        for (const [expression, row, why] of fails) {
          expect(await ask(expression, row)).toEqual([expect.stringContaining(`call func onnx error: ${why}`)]);
        }
      });

      it('are read again by the next rule when their file has changed', async () => {
        server.upload('turns.onnx', writeOnnx(linear));
        expect(await ask('onnx("turns", x)[0]', { x: [1, 2, 3] })).toEqual([linearOf([1, 2, 3])]);
        server.upload('turns.onnx', writeOnnx(echo('int64')));
        expect(await ask('onnx("turns", x)[0]', { x: [1, 2, 3] })).toEqual([[1, 2, 3]]);
      });
    });
  }
});
