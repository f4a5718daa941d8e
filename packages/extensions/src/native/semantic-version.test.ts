import { expect, it } from 'vitest';
import { compareVersions, isInRange } from './semantic-version.ts';

it('orders versions by their numbers, pre-releases first', () => {
  const ordered = ['', 'beta', 'stable', '0.9', 'v1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-rc.2'];
  ordered.push('1.0.0-rc.11', '1.0.0', 'v1.2.0', '1.10.0', '2', '10.0.0');
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) {
      expect([a, b, Math.sign(compareVersions(a, b))]).toEqual([a, b, Math.sign(i - j)]);
    }
  }
  expect(compareVersions('1', 'v1.0.0+build')).toBe(0);
});

const ranges: [range: string, inside: string[], outside: string[]][] = [
  ['*', ['0.0.1', '9.9.9'], []],
  ['1', ['1.0.0', '1.9.0'], ['0.9.9', '2.0.0', '2.0.0-rc.1']],
  ['1.x', ['1.0.0', '1.9.0'], ['2.0.0']],
  ['1.2', ['1.2.0', '1.2.9'], ['1.1.9', '1.3.0']],
  ['=1.2.3', ['1.2.3'], ['1.2.4']],
  ['^1.2.3', ['1.2.3', '1.99.0'], ['1.2.2', '2.0.0', '1.2.3-rc.1']],
  ['^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0', '1.0.0']],
  ['^0.0.3', ['0.0.3'], ['0.0.4']],
  ['^0', ['0.0.0', '0.9.0'], ['1.0.0']],
  ['~1.2.3', ['1.2.3', '1.2.9'], ['1.3.0']],
  ['~1', ['1.0.0', '1.9.9'], ['2.0.0']],
  ['>=1.2 <3', ['1.2.0', '2.9.9'], ['1.1.0', '3.0.0']],
  ['> 1', ['2.0.0'], ['1.0.0', '1.9.9']],
  ['>1.2.3', ['1.2.4'], ['1.2.3']],
  ['<=1.2', ['1.2.9', '0.1.0'], ['1.3.0']],
  ['<=1.2.3', ['1.2.3'], ['1.2.4']],
  ['^1 || ^3', ['1.0.0', '3.1.0'], ['2.0.0']],
];
for (const [range, inside, outside] of ranges) {
  it(`reads ${range}`, () => {
    for (const version of inside) expect([version, isInRange(version, range)]).toEqual([version, true]);
    for (const version of outside) expect([version, isInRange(version, range)]).toEqual([version, false]);
  });
}

it('cannot read what is no range, and takes none for all', () => {
  for (const range of ['next', '1.2.3.4', '=>1', '1.2 - 1.3', '^1 || two']) {
    expect([range, isInRange('1.0.0', range)]).toEqual([range, null]);
  }
  expect(isInRange('1.0.0', '')).toBe(true);
});
