/** Finds where a function's code must pay for what it does: at its beginning and at each turn of a loop. */
import type { ByteReader } from './byte-reader.ts';
import { wasmErrors } from './errors.ts';

/** A place in front of which a charge goes. */
export interface TollGate {
  /** Offset in the module. */
  readonly at: number;
  /** Instructions up to the next gate, whatever way is taken: at least 1. */
  cost: number;
}

type Skip = (reader: ByteReader) => void;

const index: Skip = (reader) => void reader.u32();
const two: Skip = (reader) => {
  reader.u32();
  reader.u32();
};
const signed: Skip = (reader) => reader.skipSigned();
const indexList: Skip = (reader) => {
  for (let left = reader.u32(); left > 0; left--) reader.u32();
};
const memoryArgument: Skip = (reader) => {
  if (reader.u32() >= 64) throw wasmErrors.MODULE('several memories are not supported');
  reader.u32();
};
const bytes =
  (count: number): Skip =>
  (reader) =>
    reader.skip(count);

/** What follows an opcode; those from 0x45 to 0xC4 and some others stand alone. */
const immediates = new Map<number, Skip>([
  [0x02, signed],
  [0x03, signed],
  [0x04, signed],
  [0x0c, index],
  [0x0d, index],
  [0x0e, (reader) => (indexList(reader), index(reader))],
  [0x10, index],
  [0x11, two],
  [0x12, index],
  [0x13, two],
  [0x1c, indexList],
  ...[0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26].map((opcode): [number, Skip] => [opcode, index]),
  ...Array.from({ length: 0x3e - 0x28 + 1 }, (_, i): [number, Skip] => [0x28 + i, memoryArgument]),
  [0x3f, index],
  [0x40, index],
  [0x41, signed],
  [0x42, signed],
  [0x43, bytes(4)],
  [0x44, bytes(8)],
  [0xd0, signed],
  [0xd2, index],
]);
const alone = new Set([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1]);

export function findTollGates(reader: ByteReader): TollGate[] {
  const entry: TollGate = { at: reader.at, cost: 1 };
  const gates = [entry];
  // The gate that the instructions of each open block are charged at.
  const open: TollGate[] = [entry];
  while (open.length > 0) {
    const opcode = reader.byte();
    const gate = open[open.length - 1] as TollGate;
    gate.cost++;
    skipImmediates(reader, opcode);
    if (opcode === 0x02 || opcode === 0x04) open.push(gate);
    else if (opcode === 0x03) {
      const loop: TollGate = { at: reader.at, cost: 1 };
      gates.push(loop);
      open.push(loop);
    } else if (opcode === 0x0b) open.pop();
  }
  if (!reader.isAtEnd) throw wasmErrors.MODULE('a function has code behind its end');
  return gates;
}

function skipImmediates(reader: ByteReader, opcode: number): void {
  if (opcode === 0xfc) skipMiscellaneous(reader);
  else if (opcode === 0xfd) skipVector(reader);
  else if (!alone.has(opcode) && !(opcode >= 0x45 && opcode <= 0xc4)) {
    const skip = immediates.get(opcode);
    if (skip === undefined) throw wasmErrors.MODULE(`instruction 0x${opcode.toString(16)} is not supported`);
    skip(reader);
  }
}

/** Conversions that saturate, bulk memory, tables. Tables must not grow: they are not within the memory limit. */
function skipMiscellaneous(reader: ByteReader): void {
  const opcode = reader.u32();
  if (opcode <= 7) return;
  if (opcode === 8 || opcode === 10 || opcode === 12 || opcode === 14) two(reader);
  else if (opcode === 9 || opcode === 11 || opcode === 13 || opcode === 16 || opcode === 17) index(reader);
  else if (opcode === 15) throw wasmErrors.MODULE('growing tables is not supported');
  else throw wasmErrors.MODULE(`instruction 0xfc ${opcode} is not supported`);
}

function skipVector(reader: ByteReader): void {
  const opcode = reader.u32();
  if (opcode <= 11 || opcode === 92 || opcode === 93) memoryArgument(reader);
  else if (opcode === 12 || opcode === 13) reader.skip(16);
  else if (opcode >= 21 && opcode <= 34) reader.skip(1);
  else if (opcode >= 84 && opcode <= 91) {
    memoryArgument(reader);
    reader.skip(1);
  }
}
