import { DateTime } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';

const roundTrip = (value: unknown): unknown =>
  new MessageReader(new MessageWriter('float').value(value).take()).value();

describe('a value', () => {
  test.each([
    ['nothing', null, 'c0'],
    ['a small int', 5n, '05'],
    ['a negative int', -1n, 'ff'],
    ['an int of 32 bits', -70000n, 'd2fffeee90'],
    ['an int of 64 bits', 1n << 40n, 'd30000010000000000'],
    ['a whole float', 5, 'cb4014000000000000'],
    ['minus zero', -0, 'cb8000000000000000'],
    ['a text', 'é', 'a2c3a9'],
    ['bytes', Uint8Array.of(1, 2), 'c4020102'],
    ['a list', [true, false], '92c3c2'],
    ['a map', { a: null }, '81a161c0'],
    ['a moment', new DateTime(1500, 'UTC', 7), 'c70cff1dcd65070000000000000001'],
  ])('%s has one form and comes back as it was', (_, value, bytes) => {
    expect(new MessageWriter('float').value(value).take().toString('hex')).toBe(bytes);
    expect(roundTrip(value)).toEqual(value);
  });

  test.each([
    ['a uint8', 'cc80', 128n],
    ['a uint16', 'cd0100', 256n],
    ['a uint32', 'ce00010000', 65536n],
    ['a uint64', 'cf0000000000000001', 1n],
    ['an int8', 'd080', -128n],
    ['an int16', 'd18000', -32768n],
    ['a float of 32 bits', 'ca3fc00000', 1.5],
    ['a moment of 32 bits', 'd6ff00000001', new DateTime(1000, 'UTC')],
    ['a moment of 64 bits', 'd7ff0000001c00000001', new DateTime(1000, 'UTC', 7)],
  ])('%s is read, which is never written', (_, bytes, value) => {
    expect(new MessageReader(Buffer.from(bytes, 'hex')).value()).toEqual(value);
  });

  test('a whole number of a function is an int', () => {
    const bytes = new MessageWriter('int').value([5, 5.5, -0, 2 ** 53]).take();
    expect(new MessageReader(bytes).value()).toEqual([5n, 5.5, -0, 2 ** 53]);
  });

  test.each([
    ['NaN', Number.NaN, 'result is NaN'],
    ['an infinity', Number.POSITIVE_INFINITY, 'result is Inf'],
    ['an int beyond 64 bits', 1n << 63n, '9223372036854775808 does not fit 64 bits'],
    ['a function', () => 1, 'a function is no value'],
  ])('%s cannot be written', (_, value, text) => {
    expect(() => new MessageWriter('float').value(value)).toThrow(text);
  });

  test.each([
    ['an empty message', ''],
    ['a text that is cut off', 'a5616263'],
    ['a list longer than the message', 'ddffffffff'],
    ['a map longer than the message', 'dfffffffff00'],
    ['a byte that means nothing', 'c1'],
    ['a key that is no text', '810101'],
    ['an unknown extension', 'd40500'],
    ['a list nested too deep', '91'.repeat(100_000)],
  ])('%s cannot be read', (_, bytes) => {
    expect(() => new MessageReader(Buffer.from(bytes, 'hex')).value()).toThrow();
  });

  test('whatever it is comes back', () => {
    const value = fc.letrec<{ value: unknown }>((of) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
        fc.array(of('value')),
        fc.dictionary(fc.string(), of('value'), { noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (made) => {
        expect(roundTrip(made)).toEqual(made);
      }),
    );
  });

  test('noise is an error or a value, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const reader = new MessageReader(Buffer.from(bytes));
        try {
          while (!reader.isAtEnd) reader.value();
        } catch (error) {
          expect((error as Error).message).toMatch(/early|no value|deep|key|extension|moment|64 bits/);
        }
      }),
    );
  });
});
