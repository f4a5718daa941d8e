/** Values of SQL as elements of tensors, and back. Ints are `bigint`, floats are `number`. */
import { rowError } from '@kuiper/sdk';

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const;

type NumberType = keyof typeof arrays;
export type ElementType = NumberType | 'bool' | 'string';
export type Elements = InstanceType<(typeof arrays)[NumberType]> | readonly string[];

/** @param value a flat list, or the bytes of the elements in the order of this machine */
export function elementsOf(input: string, type: ElementType, value: unknown): Elements {
  if (value instanceof Uint8Array) return elementsOfBytes(input, type, value);
  if (!Array.isArray(value)) throw rowError(`input ${input} must be a list of ${type} or bytes`);
  const list = value as readonly unknown[];
  if (type === 'string') return list.map((element, i) => expect(input, i, type, element, typeof element === 'string'));
  if (type === 'bool') {
    return Uint8Array.from(list, (element, i) =>
      Number(expect<boolean>(input, i, type, element, typeof element === 'boolean')),
    );
  }
  if (!(type in arrays)) throw rowError(`input ${input} has elements of type ${type}: they cannot be given`);
  const isNumber = (element: unknown): boolean => typeof element === 'number' || typeof element === 'bigint';
  if (type === 'int64' || type === 'uint64') {
    const whole = (element: number | bigint): boolean => typeof element === 'bigint' || Number.isSafeInteger(element);
    const bigints = list.map((element, i) =>
      BigInt(expect<number | bigint>(input, i, type, element, isNumber(element) && whole(element as number))),
    );
    return type === 'int64' ? BigInt64Array.from(bigints) : BigUint64Array.from(bigints);
  }
  // One of them stands for all: what they take and how is the same.
  return (arrays[type] as Float32ArrayConstructor).from(list as number[], (element, i) =>
    Number(expect<number | bigint>(input, i, type, element, isNumber(element))),
  );
}

function expect<T>(input: string, index: number, type: ElementType, element: unknown, isRight: boolean): T {
  if (isRight) return element as T;
  const what = Array.isArray(element) ? 'a list: tensors are flat' : `not ${type}`;
  throw rowError(`element ${index} of input ${input} is ${what}`);
}

function elementsOfBytes(input: string, type: ElementType, bytes: Uint8Array): Elements {
  if (type === 'bool') return bytes.slice();
  if (!(type in arrays)) throw rowError(`input ${input} has elements of type ${type}: bytes cannot be given`);
  const ArrayType = arrays[type as NumberType];
  const { BYTES_PER_ELEMENT: width } = ArrayType;
  if (bytes.byteLength % width !== 0) {
    throw rowError(`input ${input} has ${bytes.byteLength} bytes, which are no elements of ${width}`);
  }
  // A copy lies at a place that fits its elements.
  return new ArrayType(bytes.slice().buffer);
}

/** Every number of an output as the engine knows it. */
export function listOf(type: ElementType, elements: Elements): unknown[] {
  if (type === 'bool') return Array.from(elements as Uint8Array, (element) => element !== 0);
  if (type === 'float32' || type === 'float64' || type === 'string') return Array.from<unknown>(elements);
  return Array.from(elements as Int32Array, (element) => BigInt(element));
}

/**
 * Fixed lengths as they are. Of those that are not, the first is what the number of elements makes it, others are 1.
 * Throws when no length does.
 */
export function fillShape(input: string, shape: readonly (number | string)[], count: number): number[] {
  const open = shape.findIndex((length) => typeof length === 'string');
  const filled = shape.map((length) => (typeof length === 'string' ? 1 : length));
  const fixed = filled.reduce((product, length) => product * length, 1);
  if (open >= 0 && count > 0 && count % fixed === 0) filled[open] = count / fixed;
  else if (count !== fixed) {
    const wanted = open < 0 ? `${fixed}` : `a multiple of ${fixed}`;
    throw rowError(`input ${input} takes ${wanted} elements in the shape [${shape.join(', ')}] but was given ${count}`);
  }
  return filled;
}
