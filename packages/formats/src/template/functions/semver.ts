/** Semantic versions and constraints on them. Source: behaviour spec, io §7.5. */
import { compareStrings, rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { OpaqueValue, SizedInt } from '../values.ts';

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: string;
  readonly metadata: string;
}

const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-.]+))?$/;
const NUMBER = '\\d+|[xX*]';
const CONSTRAINT = new RegExp(
  `\\s*(=|!=|>=|=>|<=|=<|>|<|~>|~|\\^)?\\s*v?(${NUMBER})(?:\\.(${NUMBER}))?(?:\\.(${NUMBER}))?(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?\\s*(?:,|\\s|$)`,
  'y',
);

function parseVersion(text: string): Version {
  const match = VERSION.exec(text);
  if (match === null) return rowError('Invalid Semantic Version');
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match;
  return { numbers: [BigInt(major), BigInt(minor), BigInt(patch)], prerelease, metadata };
}

function versionText({ numbers, prerelease, metadata }: Version): string {
  return numbers.join('.') + (prerelease === '' ? '' : `-${prerelease}`) + (metadata === '' ? '' : `+${metadata}`);
}

function compare(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) {
    const [x, y] = [a.numbers[i] as bigint, b.numbers[i] as bigint];
    if (x !== y) return x < y ? -1 : 1;
  }
  return comparePrerelease(a.prerelease, b.prerelease);
}

/** A release comes after its prereleases. */
function comparePrerelease(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const [as, bs] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.max(as.length, bs.length); i++) {
    const [x, y] = [as[i], bs[i]];
    if (x === y) continue;
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const [xIsNumber, yIsNumber] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (xIsNumber && yIsNumber) return BigInt(x) < BigInt(y) ? -1 : 1;
    if (xIsNumber !== yIsNumber) return xIsNumber ? -1 : 1;
    return compareStrings(x, y);
  }
  return 0;
}

type Test = (version: Version) => boolean;

/** `||` between alternatives, commas or spaces between conditions, `a - b` for a range. */
function parseConstraint(text: string): Test {
  const alternatives = text.split('||').map((alternative) => {
    const ranged = alternative.replace(/(\S+)\s+-\s+(\S+)/g, '>=$1 <=$2');
    return conditions(ranged, text);
  });
  return (version) => alternatives.some((tests) => tests.every((test) => test(version)));
}

function conditions(text: string, whole: string): Test[] {
  const tests: Test[] = [];
  CONSTRAINT.lastIndex = 0;
  while (CONSTRAINT.lastIndex < text.length) {
    const match = CONSTRAINT.exec(text);
    if (match === null) return rowError(`improper constraint: ${whole}`);
    tests.push(condition(match[1] ?? '', match.slice(2, 5), match[5] ?? ''));
  }
  return tests.length === 0 ? rowError(`improper constraint: ${whole}`) : tests;
}

function condition(operator: string, parts: readonly (string | undefined)[], prerelease: string): Test {
  const given = parts.findIndex((part) => part === undefined || /[xX*]/.test(part));
  const count = given < 0 ? 3 : given;
  const number = (i: number): bigint => (i < count ? BigInt(parts[i] as string) : 0n);
  const low: Version = { numbers: [number(0), number(1), number(2)], prerelease, metadata: '' };
  const within = (places: number): Test => {
    const high = raised(low, places);
    return (version) => compare(version, low) >= 0 && (places === 0 || compareNumbers(version, high) < 0);
  };
  const test = ((): Test => {
    switch (operator) {
      case '':
      case '=':
        return count < 3 ? within(count) : (version) => compare(version, low) === 0;
      case '!=':
        return count < 3 ? (version) => !within(count)(version) : (version) => compare(version, low) !== 0;
      case '>':
        return count < 3
          ? (version) => count > 0 && compareNumbers(version, raised(low, count)) >= 0
          : (version) => compare(version, low) > 0;
      case '>=':
      case '=>':
        return (version) => compare(version, low) >= 0;
      case '<':
        return (version) => compare(version, low) < 0;
      case '<=':
      case '=<':
        return count < 3
          ? (version) => count === 0 || compareNumbers(version, raised(low, count)) < 0
          : (version) => compare(version, low) <= 0;
      case '^': {
        const leading = low.numbers.findIndex((part) => part > 0n);
        return within(Math.min(count, leading < 0 ? count : leading + 1));
      }
      default:
        return within(Math.min(count, 2));
    }
  })();
  // a prerelease is only meant when the constraint names one
  return (version) => (version.prerelease === '' || prerelease !== '') && test(version);
}

/** The first version beyond those that share the first `places` numbers. */
function raised({ numbers: [major, minor, patch] }: Version, places: number): Version {
  const numbers: [bigint, bigint, bigint] =
    places <= 1 ? [major + 1n, 0n, 0n] : places === 2 ? [major, minor + 1n, 0n] : [major, minor, patch + 1n];
  return { numbers, prerelease: '', metadata: '' };
}

function compareNumbers(a: Version, b: Version): number {
  return compare({ ...a, prerelease: '' }, { ...b, prerelease: '' });
}

function versionValue(text: string): OpaqueValue {
  const version = parseVersion(text);
  const [major, minor, patch] = version.numbers.map((part) => new SizedInt('uint64', part));
  const fields: [string, unknown][] = [
    ['Major', major],
    ['Minor', minor],
    ['Patch', patch],
    ['Prerelease', version.prerelease],
    ['Metadata', version.metadata],
    ['Original', text],
    ['String', versionText(version)],
  ];
  return new OpaqueValue('*semver.Version', versionText(version), new Map(fields));
}

export const semverFunctions: FunctionTable = {
  semver: declare('string', versionValue),
  semverCompare: declare('string string', (constraint: string, version: string) =>
    parseConstraint(constraint)(parseVersion(version)),
  ),
};
