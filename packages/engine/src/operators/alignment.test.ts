import { expect, it } from 'vitest';
import type { TimeUnit } from '../plan/plan-node.ts';
import { firstBoundary } from './alignment.ts';

const cases: readonly [from: string, unit: TimeUnit, interval: number, zone: string, gives: string][] = [
  ['2023-11-14T22:13:20.000Z', 'ss', 10, 'UTC', '2023-11-14T22:13:30.000Z'],
  ['2023-11-14T22:13:10.000Z', 'ss', 10, 'UTC', '2023-11-14T22:13:20.000Z'],
  ['2023-11-14T22:13:09.999Z', 'ss', 10, 'UTC', '2023-11-14T22:13:10.000Z'],
  ['2023-11-14T22:13:20.000Z', 'ss', 7, 'UTC', '2023-11-14T22:13:21.000Z'],
  ['2023-11-14T22:13:20.000Z', 'ss', 90, 'UTC', '2023-11-14T22:14:30.000Z'],
  ['2023-11-14T22:13:20.700Z', 'ms', 300, 'UTC', '2023-11-14T22:13:20.900Z'],
  ['2023-11-14T22:13:20.000Z', 'mi', 5, 'UTC', '2023-11-14T22:15:00.000Z'],
  ['2023-11-14T22:13:20.000Z', 'hh', 4, 'UTC', '2023-11-15T00:00:00.000Z'],
  ['2023-11-14T22:13:20.000Z', 'hh', 4, 'Asia/Kolkata', '2023-11-14T22:30:00.000Z'],
  ['2023-11-14T22:13:20.000Z', 'dd', 1, 'UTC', '2023-11-15T00:00:00.000Z'],
  ['2023-11-14T22:13:20.000Z', 'dd', 2, 'Asia/Shanghai', '2023-11-16T16:00:00.000Z'],
  ['2024-03-30T12:00:00.000Z', 'dd', 1, 'Europe/Berlin', '2024-03-30T23:00:00.000Z'],
  ['2024-03-31T12:00:00.000Z', 'dd', 1, 'Europe/Berlin', '2024-03-31T22:00:00.000Z'],
];

for (const [from, unit, interval, zone, gives] of cases) {
  it(`the first boundary of ${interval} ${unit} after ${from} in ${zone} is ${gives}`, () => {
    expect(new Date(firstBoundary(Date.parse(from), unit, interval, zone)).toISOString()).toBe(gives);
  });
}
