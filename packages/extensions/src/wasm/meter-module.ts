/**
 * Makes a module pay for what it does: a counter goes down by the instructions ahead, at the beginning of each function
 * and at each turn of a loop, and the call traps below zero. Its memory gets an upper bound. So a function that never
 * returns costs its own call, in the same thread, at the price of a subtraction per turn.
 */
import { ByteReader, encodeName, encodeS32, encodeU32 } from './byte-reader.ts';
import { wasmErrors } from './errors.ts';
import { type ModuleOutline, readLimits, type Section, sectionId } from './read-module.ts';
import { findTollGates } from './walk-code.ts';

/** Name of the exported counter: a mutable global of type i32. */
export const fuelExport = '__kuiper_fuel';

const mostPages = 65_536;

/** @param maxPages of memory, 64 KiB each */
export function meterModule(outline: ModuleOutline, maxPages: number): Uint8Array {
  if (outline.exportNames.has(fuelExport)) throw wasmErrors.MODULE(`it exports ${fuelExport} itself`);
  const { bytes } = outline;
  const chunks: Uint8Array[] = [bytes.subarray(0, 8)];
  let isGlobalWritten = false;
  let isExportWritten = false;
  const write = (id: number, content: Uint8Array): void => {
    chunks.push(Uint8Array.from([id, ...encodeU32(content.length)]), content);
  };
  // Globals and exports come at fixed places in the order of sections, whether a module has its own or not.
  const writeMissing = (before: number): void => {
    if (!isGlobalWritten && before > sectionId.global) {
      write(sectionId.global, Uint8Array.from([1, ...fuelGlobal]));
      isGlobalWritten = true;
    }
    if (!isExportWritten && before > sectionId.export) {
      write(sectionId.export, Uint8Array.from([1, ...fuelExportEntry(outline)]));
      isExportWritten = true;
    }
  };
  for (const section of outline.sections) {
    const { id, start, end } = section;
    // Custom sections may stand anywhere, and a count of data segments (12) stands before the code.
    if (id !== 0) writeMissing(id);
    if (id === sectionId.global) {
      isGlobalWritten = true;
      write(id, appended(bytes, section, fuelGlobal));
    } else if (id === sectionId.export) {
      isExportWritten = true;
      write(id, appended(bytes, section, fuelExportEntry(outline)));
    } else if (id === sectionId.memory) write(id, boundedMemory(bytes, section, maxPages));
    else if (id === sectionId.code) write(id, meteredCode(outline, section));
    else write(id, bytes.subarray(start, end));
  }
  writeMissing(Number.POSITIVE_INFINITY);
  return Buffer.concat(chunks);
}

/** i32, mutable, 0 at first: code that runs when the module is instantiated needs a start of its own. */
const startFuel = 2 ** 30;
const fuelGlobal = [0x7f, 0x01, 0x41, ...encodeS32(startFuel), 0x0b];

function fuelExportEntry(outline: ModuleOutline): number[] {
  return [...encodeName(fuelExport), 0x03, ...encodeU32(outline.globalCount)];
}

/** The section's vector with one more entry. */
function appended(bytes: Uint8Array, { start, end }: Section, entry: readonly number[]): Uint8Array {
  const reader = new ByteReader(bytes, start, end);
  const count = reader.u32();
  return Buffer.concat([Uint8Array.from(encodeU32(count + 1)), bytes.subarray(reader.at, end), Uint8Array.from(entry)]);
}

function boundedMemory(bytes: Uint8Array, { start, end }: Section, maxPages: number): Uint8Array {
  const reader = new ByteReader(bytes, start, end);
  const count = reader.u32();
  if (count === 0) return bytes.subarray(start, end);
  if (count > 1) throw wasmErrors.MODULE('several memories are not supported');
  const { min, max } = readLimits(reader);
  checkPages(min, maxPages);
  return Uint8Array.from([1, 1, ...encodeU32(min), ...encodeU32(Math.min(max ?? mostPages, maxPages))]);
}

/** Throws when a module needs more memory than it may have. */
export function checkPages(min: number, maxPages: number): void {
  if (min > maxPages) throw wasmErrors.MODULE(`it needs ${min / 16} MB of memory, the limit is ${maxPages / 16} MB`);
}

function meteredCode(outline: ModuleOutline, { start, end }: Section): Uint8Array {
  const { bytes, globalCount } = outline;
  const reader = new ByteReader(bytes, start, end);
  const count = reader.u32();
  const chunks: Uint8Array[] = [Uint8Array.from(encodeU32(count))];
  for (let i = 0; i < count; i++) {
    const size = reader.u32();
    const body = new ByteReader(bytes, reader.at, reader.at + size);
    reader.skip(size);
    chunks.push(...meteredFunction(body, globalCount));
  }
  return Buffer.concat(chunks);
}

function meteredFunction(body: ByteReader, fuel: number): Uint8Array[] {
  const { bytes, at: start, end } = body;
  for (let groups = body.u32(); groups > 0; groups--) {
    body.u32();
    body.skip(1);
  }
  const chunks: Uint8Array[] = [];
  let copied = start;
  for (const { at, cost } of findTollGates(body).sort((a, b) => a.at - b.at)) {
    chunks.push(bytes.subarray(copied, at), charge(cost, fuel));
    copied = at;
  }
  chunks.push(bytes.subarray(copied, end));
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return [Uint8Array.from(encodeU32(size)), ...chunks];
}

/** `fuel -= cost; if (fuel < 0) unreachable` */
function charge(cost: number, fuel: number): Uint8Array {
  const get = [0x23, ...encodeU32(fuel)];
  const set = [0x24, ...encodeU32(fuel)];
  return Uint8Array.from([
    ...[...get, 0x41, ...encodeS32(cost), 0x6b, ...set],
    ...[...get, 0x41, 0x00, 0x48, 0x04, 0x40, 0x00, 0x0b],
  ]);
}
