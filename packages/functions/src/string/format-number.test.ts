import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fixedHalfEven } from './format-number.ts';

/** The exact decimal expansion of a double, rounded half to even by integer arithmetic. */
function oracle(value: number, decimals: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const raw = bits.getBigUint64(0);
  const exponent = Number(raw >> 52n);
  const mantissa = (raw & ((1n << 52n) - 1n)) | (exponent === 0 ? 0n : 1n << 52n);
  const power = Math.max(exponent, 1) - 1075;
  const scaled = mantissa * 10n ** BigInt(decimals);
  const numerator = power > 0 ? scaled << BigInt(power) : scaled;
  const denominator = power > 0 ? 1n : 1n << BigInt(-power);
  let rounded = numerator / denominator;
  const rest = 2n * (numerator % denominator);
  if (rest > denominator || (rest === denominator && rounded % 2n === 1n)) rounded++;
  const digits = rounded.toString().padStart(decimals + 1, '0');
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return value < 0 && rounded > 0n ? `-${text}` : text;
}

test('numbers are rounded half to even on their exact value', () => {
  const tie = fc
    .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: 1, max: 6 }))
    .map(([n, d]) => n / 2 ** d);
  const value = fc.oneof(fc.double({ noNaN: true, min: -1e25, max: 1e25 }), tie);
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 8 }), (number, decimals) => {
      expect(fixedHalfEven(number, decimals)).toBe(oracle(number, decimals));
    }),
    { numRuns: 2000 },
  );
});
