/**
 * Writes TFLite models of one layer as files: FlatBuffers with the few tables they need. A table lies before what it refers
 * to, so every offset goes forward. Source: schema.fbs of TensorFlow Lite, version 3; FlatBuffers internals.
 */

type Value = number | Part;
type Part =
  | { readonly kind: 'table'; readonly fields: readonly (Value | null)[] }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }
  | { readonly kind: 'ints'; readonly ints: readonly number[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string };

const table = (...fields: (Value | null)[]): Part => ({ kind: 'table', fields });
const parts = (...list: Part[]): Part => ({ kind: 'parts', parts: list });
const ints = (...list: number[]): Part => ({ kind: 'ints', ints: list });
const bytes = (list: Uint8Array): Part => ({ kind: 'bytes', bytes: list });
const text = (value: string): Part => ({ kind: 'text', text: value });

function writeFlatBuffer(root: Part, identifier: string): Uint8Array {
  const file = Buffer.alloc(16_384);
  let end = 8;
  file.write(identifier, 4, 'latin1');
  const waiting: [at: number, part: Part][] = [[0, root]];
  const put = (value: Value | null): void => {
    if (typeof value === 'number') file.writeInt32LE(value, end);
    else if (value !== null) waiting.push([end, value]);
    end += 4;
  };
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [at, part] = next;
    // The length stands before what it counts, whose place is a multiple of 16.
    end = part.kind === 'bytes' ? Math.ceil((end + 4) / 16) * 16 - 4 : Math.ceil(end / 4) * 4;
    if (part.kind === 'table') {
      const { fields } = part;
      const layout = end;
      const layoutSize = 4 + 2 * fields.length;
      file.writeUInt16LE(layoutSize, layout);
      file.writeUInt16LE(4 + 4 * fields.length, layout + 2);
      for (const [i, field] of fields.entries()) {
        file.writeUInt16LE(field === null ? 0 : 4 + 4 * i, layout + 4 + 2 * i);
      }
      end = Math.ceil((layout + layoutSize) / 4) * 4;
      file.writeUInt32LE(end - at, at);
      put(end - layout);
      for (const field of fields) put(field);
      continue;
    }
    file.writeUInt32LE(end - at, at);
    switch (part.kind) {
      case 'parts':
        put(part.parts.length);
        for (const one of part.parts) put(one);
        break;
      case 'ints':
        put(part.ints.length);
        for (const one of part.ints) put(one);
        break;
      default: {
        const content = part.kind === 'text' ? Buffer.from(part.text) : part.bytes;
        put(content.length);
        file.set(content, end);
        end += content.length + 1;
      }
    }
  }
  return file.subarray(0, Math.ceil(end / 16) * 16);
}

const fullyConnected = 9;
const fullyConnectedOptions = 8;
const add = 0;
const addOptions = 11;

export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** What is in the model; left out for inputs and outputs. */
  readonly values?: readonly number[];
}

interface Layer {
  readonly operator: number;
  readonly options: number;
  readonly tensors: readonly TfliteTensor[];
  readonly inputs: readonly number[];
  /** Tensors that the layer takes, constants too. */
  readonly takes: readonly number[];
  readonly output: number;
}

/** All elements are 32-bit floats. */
function writeTflite({ operator, options, tensors, inputs, takes, output }: Layer): Uint8Array {
  const constants = tensors.filter(({ values }) => values !== undefined);
  const tensorTables = tensors.map((tensor) =>
    table(ints(...tensor.shape), 0, constants.indexOf(tensor) + 1, text(tensor.name)),
  );
  const graph = table(
    parts(...tensorTables),
    ints(...inputs),
    ints(output),
    parts(table(0, ints(...takes), ints(output), options, table())),
    text('main'),
  );
  const buffers = constants.map(({ values = [] }) => table(bytes(new Uint8Array(Float32Array.from(values).buffer))));
  const code = table(operator, null, 1, operator);
  return writeFlatBuffer(table(3, parts(code), parts(graph), text(''), parts(table(), ...buffers)), 'TFL3');
}

/** y = W·x + b; the weights of each output one after the other. */
export function writeLinear(weights: readonly number[], bias: readonly number[]): Uint8Array {
  const [out, size] = [bias.length, weights.length / bias.length];
  const tensors: TfliteTensor[] = [
    { name: 'x', shape: [1, size] },
    { name: 'w', shape: [out, size], values: weights },
    { name: 'b', shape: [out], values: bias },
    { name: 'y', shape: [1, out] },
  ];
  return writeTflite({
    operator: fullyConnected,
    options: fullyConnectedOptions,
    tensors,
    inputs: [0],
    takes: [0, 1, 2],
    output: 3,
  });
}

/** y = a + b, element by element. */
export function writeSum(size: number): Uint8Array {
  const tensors = ['a', 'b', 'y'].map((name) => ({ name, shape: [size] }));
  return writeTflite({ operator: add, options: addOptions, tensors, inputs: [0, 1], takes: [0, 1], output: 2 });
}
