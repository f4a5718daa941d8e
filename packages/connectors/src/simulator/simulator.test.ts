import { decodeProps, ManualClock } from '@kuiper/base';
import type { PullSubscription } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import { CollectingSource, checkSource, openSource, sourceContract } from '../../../../test/contract/source.ts';
import { simulatorLookup } from './simulator-lookup.ts';
import { simulatorSource } from './simulator-source.ts';

const data = [{ a: 1 }, { a: 2 }];

const play = async (
  props: Record<string, unknown>,
  ticks: number,
  resumeFrom: unknown = null,
): Promise<[CollectingSource, PullSubscription]> => {
  const context = new CollectingSource({ clock: new ManualClock(), resumeFrom });
  const subscription = (await openSource(simulatorSource, context, props)) as PullSubscription;
  for (let tick = 1; tick <= ticks; tick++) await subscription.pull(tick * 10);
  return [context, subscription];
};

test('wrong data are refused', () => {
  expect(checkSource(simulatorSource, { data: 5 }, '')).toBe(
    "1 error(s) decoding:\n\n* 'data': source data must be an array or slice, got float64",
  );
  expect(checkSource(simulatorSource, { interval: 'soon' }, '')).toBe(
    '1 error(s) decoding:\n\n* error decoding \'interval\': time: invalid duration "soon"',
  );
});

describe('one row per tick', () => {
  test('then the stream ends, once', async () => {
    const [context] = await play({ data }, 4);
    expect(context.rows).toEqual(data);
    expect(context.messages.map(({ timestampMs }) => timestampMs)).toEqual([10, 20]);
    expect(context.ended).toBe('');
  });

  test('or begins again', async () => {
    const [context] = await play({ data, loop: true }, 5);
    expect(context.rows.map((row) => row?.['a'])).toEqual([1, 2, 1, 2, 1]);
    expect(context.messages.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4]);
    expect(context.ended).toBe(null);
  });

  test('without rows it ends at once', async () => {
    const [context] = await play({ loop: true }, 1);
    expect(context.ended).toBe('');
  });

  for (const loop of [false, true]) {
    test(`goes on behind the last safe row, ${loop ? 'looping' : 'once'}`, async () => {
      const [, first] = await play({ data, loop }, 1);
      const [context, second] = await play({ data, loop }, 3, first.stateAt?.(0));
      expect(context.rows.map((row) => row?.['a'])).toEqual(loop ? [2, 1, 2] : [2]);
      const [third] = await play({ data, loop }, 1, second.stateAt?.(0));
      expect(third.rows).toEqual(loop ? [{ a: 1 }] : []);
    });
  }
});

test('lookup: rows that equal all keys, whole', async () => {
  const table = await simulatorLookup.open(
    new CollectingSource(),
    decodeProps(
      {
        data: [
          { id: 1, n: 'x' },
          { id: 2, n: 'x' },
        ],
      },
      simulatorLookup.props,
    ),
    { dataSource: '', key: '' },
  );
  expect(await table.lookup(['n'], ['id'], [1n])).toEqual([{ id: 1, n: 'x' }]);
  expect(await table.lookup(null, ['n'], ['x'])).toHaveLength(2);
  expect(await table.lookup(null, ['absent'], ['x'])).toEqual([]);
});

sourceContract('simulator', () => ({
  declaration: simulatorSource,
  props: { data: Array.from({ length: 9 }, (_, n) => ({ n })) },
  produce: () => {},
}));
