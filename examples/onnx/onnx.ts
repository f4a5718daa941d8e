/**
 * `onnx(model, tensor…)`: what the model `data/uploads/<model>.onnx` gives for tensors, one for each of its inputs. A
 * tensor is a list of numbers, row after row, or the bytes of its elements. The answer is the list of the model's
 * outputs, each a list as well: of ints where its elements are integers, of floats, of truth values.
 *
 * The npm package `onnxruntime-node` is loaded with the first model. A model stays in memory; a rule that starts takes
 * its file as it is then. The package computes in the thread that asks: installed with `"isolation": "worker"` that is
 * a thread of the plugin's own, and rules do not wait.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FunctionContext, type FunctionInstance, rowError, type ScalarFunction, scalar, t } from '@kuiper/sdk';
import { fillShape, listOf, type Elements, type ElementType, elementsOf } from './tensors.ts';

/** What we use of onnxruntime-node. */
interface Runtime {
  readonly InferenceSession: { create(path: string, options: { logSeverityLevel: number }): Promise<Session> };
  readonly Tensor: new (type: ElementType, elements: Elements, shape: readonly number[]) => Tensor;
}
interface Tensor {
  readonly type: ElementType;
  readonly data: Elements;
}
interface Port {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type: ElementType;
  /** Names stand for lengths that are not fixed. */
  readonly shape: readonly (number | string)[];
}
interface Session {
  readonly inputMetadata: readonly Port[];
  readonly outputNames: readonly string[];
  run(tensors: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

let loaded: Promise<Runtime> | null = null;

/** Asked again after it was missing: it may have been installed since. */
function loadRuntime(): Promise<Runtime> {
  loaded ??= import('onnxruntime-node').then(
    (module: Runtime & { readonly default?: Runtime }) => module.default ?? module,
    (error: unknown) => {
      loaded = null;
      throw rowError(
        'the npm package onnxruntime-node cannot be loaded: run `npm install --prefix data --ignore-scripts ' +
          `onnxruntime-node\` in the engine's directory (${textOf(error)})`,
      );
    },
  );
  return loaded;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Loaded models, or those being loaded, by path. */
const models = new Map<string, { readonly changedMs: number; readonly session: Promise<Session> }>();

async function openModel(rootPath: string, name: string): Promise<Session> {
  if (!/^[\w.-]+$/.test(name)) throw rowError(`invalid model name ${name}`);
  const path = join(rootPath, 'data', 'uploads', `${name}.onnx`);
  const { mtimeMs } = await stat(path).catch(() => {
    throw rowError(`model ${name} not found: there is no data/uploads/${name}.onnx`);
  });
  const known = models.get(path);
  if (known?.changedMs === mtimeMs) return known.session;
  const session = loadRuntime().then(({ InferenceSession }) =>
    InferenceSession.create(path, { logSeverityLevel: 3 }).catch((error: unknown) => {
      throw rowError(`model ${name} cannot be loaded: ${textOf(error)}`);
    }),
  );
  const opened = { changedMs: mtimeMs, session };
  models.set(path, opened);
  session.catch(() => {
    if (models.get(path) === opened) models.delete(path);
  });
  return session;
}

/** One call of one run: it stays with the files it has found. */
function makeCall({ rootPath }: FunctionContext): FunctionInstance {
  const opened = new Map<string, Promise<Session>>();
  return {
    eval: async (model: string, ...values: readonly unknown[]): Promise<unknown[]> => {
      let opening = opened.get(model);
      if (opening === undefined) {
        opening = openModel(rootPath, model);
        opened.set(model, opening);
        opening.catch(() => opened.delete(model));
      }
      return infer(await opening, model, values);
    },
  };
}

async function infer(session: Session, model: string, values: readonly unknown[]): Promise<unknown[]> {
  const inputs = session.inputMetadata;
  if (values.length !== inputs.length) {
    throw rowError(`model ${model} takes ${inputs.length} tensors but was given ${values.length}`);
  }
  const { Tensor } = await loadRuntime();
  const tensors: Record<string, Tensor> = {};
  for (const [i, { name, isTensor, type, shape }] of inputs.entries()) {
    if (!isTensor) throw rowError(`input ${name} of model ${model} is not a tensor`);
    const elements = elementsOf(name, type, values[i]);
    tensors[name] = new Tensor(type, elements, fillShape(name, shape, elements.length));
  }
  const outputs = await session.run(tensors);
  return session.outputNames.map((name) => {
    const { type, data } = outputs[name] as Tensor;
    return listOf(type, data);
  });
}

export const Onnx: ScalarFunction = scalar({
  name: 'onnx',
  group: 'inference',
  summary: 'What a model in data/uploads gives for tensors.',
  examples: [],
  args: [t.string('model'), t.rest(t.any('tensor'), 1)],
  returns: 'any',
  onNull: 'null',
  async: true,
  instantiate: makeCall,
  eval: () => {
    throw new Error('onnx is called without its instance');
  },
});
