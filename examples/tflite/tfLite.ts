/**
 * `tfLite(model, tensor…)`: what the model `data/uploads/<model>.tflite` gives for tensors, one for each of its inputs. A
 * tensor is a flat list of numbers or the bytes of its elements, exactly as many as the model takes. The answer is the
 * list of the model's outputs, each a flat list.
 *
 * The npm package `@litertjs/core` is loaded with the first model. A model stays in memory; a rule that starts takes its
 * file as it is then. Models compute in the thread that asks: install this plugin with `"isolation": "worker"`.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FunctionContext, type FunctionInstance, rowError, type ScalarFunction, scalar, t } from '@kuiper/sdk';
import { type Elements, type Input, loadRuntime, type Model, type Tensor } from './runtime.ts';

/** Loaded models, or those being loaded, by path. */
const models = new Map<string, { readonly changedMs: number; readonly model: Promise<Model> }>();

async function openModel(rootPath: string, name: string): Promise<Model> {
  if (!/^[\w.-]+$/.test(name)) throw rowError(`invalid model name ${name}`);
  const path = join(rootPath, 'data', 'uploads', `${name}.tflite`);
  const { mtimeMs } = await stat(path).catch(() => {
    throw rowError(`model ${name} not found: there is no data/uploads/${name}.tflite`);
  });
  const known = models.get(path);
  if (known?.changedMs === mtimeMs) return known.model;
  const opened = { changedMs: mtimeMs, model: compileModel(path, name) };
  models.set(path, opened);
  opened.model.catch(() => {
    if (models.get(path) === opened) models.delete(path);
  });
  return opened.model;
}

async function compileModel(path: string, name: string): Promise<Model> {
  const { loadAndCompile } = await loadRuntime();
  const content = await readFile(path);
  // The runtime ends the thread's WebAssembly over a file that is none.
  if (content.toString('latin1', 4, 8) !== 'TFL3')
    throw rowError(`model ${name} cannot be loaded: it is no TFLite file`);
  try {
    return await loadAndCompile(content, { accelerator: 'wasm' });
  } catch (error) {
    throw rowError(`model ${name} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** One call of one run: it stays with the files it has found. */
function makeCall({ rootPath }: FunctionContext): FunctionInstance {
  const opened = new Map<string, Promise<Model>>();
  return {
    eval: async (name: string, ...values: readonly unknown[]): Promise<unknown[]> => {
      let opening = opened.get(name);
      if (opening === undefined) {
        opening = openModel(rootPath, name);
        opened.set(name, opening);
        opening.catch(() => opened.delete(name));
      }
      return infer(await opening, name, values);
    },
  };
}

async function infer(model: Model, name: string, values: readonly unknown[]): Promise<unknown[]> {
  const inputs = model.getInputDetails();
  if (values.length !== inputs.length) {
    throw rowError(`model ${name} takes ${inputs.length} tensors but was given ${values.length}`);
  }
  const elements = inputs.map((input, i) => elementsOf(input, values[i]));
  const { Tensor } = await loadRuntime();
  const tensors: Tensor[] = [];
  try {
    for (const [i, { shape }] of inputs.entries()) tensors.push(new Tensor(elements[i] as Elements, [...shape]));
    const outputs = await model.run(tensors);
    tensors.push(...outputs);
    return outputs.map(listOf);
  } finally {
    for (const tensor of tensors) tensor.delete();
  }
}

const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;

function elementsOf({ name, dtype, shape }: Input, value: unknown): Elements {
  const ArrayType = arrays[dtype];
  const count = shape.reduce((product, length) => product * length, 1);
  if (value instanceof Uint8Array) {
    const size = count * ArrayType.BYTES_PER_ELEMENT;
    if (value.length !== size) throw rowError(`input ${name} takes ${size} bytes but was given ${value.length}`);
    // A copy lies at a place that fits its elements.
    return new ArrayType(value.slice().buffer);
  }
  if (!Array.isArray(value)) throw rowError(`input ${name} must be a list of ${dtype} or bytes`);
  const list = value as readonly unknown[];
  if (list.length !== count) throw rowError(`input ${name} takes ${count} elements but was given ${list.length}`);
  // One of them stands for all: what they take and how is the same.
  return (ArrayType as Float32ArrayConstructor).from(list as number[], (element: unknown, i) => {
    if (typeof element === 'number' || typeof element === 'bigint') return Number(element);
    const what = Array.isArray(element) ? 'a list: tensors are flat' : `not ${dtype}`;
    throw rowError(`element ${i} of input ${name} is ${what}`);
  });
}

/** Floats are numbers, ints are `bigint`. */
function listOf(tensor: Tensor): unknown[] {
  const elements = tensor.toTypedArray();
  return tensor.type.dtype === 'float32' ? [...elements] : Array.from(elements, (element) => BigInt(element));
}

export const TfLite: ScalarFunction = scalar({
  name: 'tfLite',
  group: 'inference',
  summary: 'What a model in data/uploads gives for tensors.',
  examples: [],
  args: [t.string('model'), t.rest(t.any('tensor'), 1)],
  returns: 'any',
  onNull: 'null',
  async: true,
  instantiate: makeCall,
  eval: () => {
    throw new Error('tfLite is called without its instance');
  },
});
