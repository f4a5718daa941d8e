import { ManualClock } from '@kuiper/base';
import { expect, it } from 'vitest';
import { StartTurns } from './start-turns.ts';

function enter(turns: StartTurns, name: string, begun: string[]) {
  const turn = turns.enter();
  void turn.come.then(() => begun.push(name));
  return turn;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lets a few start at a time, those first that somebody waits for', async () => {
  const turns = new StartTurns(new ManualClock(1), 2);
  const begun: string[] = [];
  const [a, b, , d] = ['a', 'b', 'c', 'd'].map((name) => enter(turns, name, begun));
  d?.hurry();
  await settle();
  expect(begun).toEqual(['a', 'b']);
  b?.leave();
  b?.leave();
  await settle();
  expect(begun).toEqual(['a', 'b', 'd']);
  a?.leave();
  await settle();
  expect(begun).toEqual(['a', 'b', 'd', 'c']);
});

it('gives the place of a start that hangs to the next', async () => {
  const clock = new ManualClock(1);
  const turns = new StartTurns(clock, 1);
  const begun: string[] = [];
  const a = enter(turns, 'a', begun);
  enter(turns, 'b', begun);
  enter(turns, 'c', begun);
  clock.advanceTo(2001);
  a.leave();
  await settle();
  expect(begun).toEqual(['a', 'b']);
});
