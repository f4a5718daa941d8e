/** Versions as `1.2.3-rc.1`, their order, and ranges of them as npm writes them. */

interface Version {
  readonly numbers: readonly [number, number, number];
  readonly pre: readonly string[];
}

const versionPattern = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([\w.-]+))?(?:\+[\w.-]*)?$/;

function parseVersion(text: string): Version | null {
  const match = versionPattern.exec(text.trim());
  if (match === null) return null;
  const [, major, minor, patch, pre] = match;
  return { numbers: [Number(major), Number(minor ?? 0), Number(patch ?? 0)], pre: pre?.split('.') ?? [] };
}

/**
 * The order of versions: negative when `a` comes first. What is no version comes before all that are, in the order of
 * its text; nothing at all first.
 */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [parseVersion(a), parseVersion(b)];
  if (one !== null && other !== null) return compareParsed(one, other);
  if (one === null && other === null) return a < b ? -1 : a > b ? 1 : 0;
  return one === null ? -1 : 1;
}

function compareParsed(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a.numbers[i] as number) - (b.numbers[i] as number);
    if (difference !== 0) return difference;
  }
  // A pre-release comes before its release.
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const difference = comparePart(a.pre[i], b.pre[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [isNumber, otherIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && otherIsNumber) return Number(a) - Number(b);
  if (isNumber !== otherIsNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Whether a version is in a range: `1`, `1.2.x`, `^1.2`, `~1.2.3`, `>=1 <3`, `^1 || ^2`, `*`. Null when the range
 * cannot be read.
 */
export function isInRange(version: string, range: string): boolean | null {
  const parsed = parseVersion(version);
  if (parsed === null) return null;
  let found = false;
  for (const alternative of range.split('||')) {
    const bounds = alternative
      .trim()
      .replaceAll(/([<>=~^])\s+/g, '$1')
      .split(/\s+/)
      .map(readBound);
    if (bounds.includes(null)) return null;
    found ||= bounds.every((bound) => bound?.(parsed) === true);
  }
  return found;
}

type Bound = (version: Version) => boolean;

function readBound(text: string): Bound | null {
  const match = /^(\^|~|>=|<=|>|<|=)?v?(\d+|x|X|\*)?(?:\.(\d+|x|X|\*))?(?:\.(\d+|x|X|\*))?(-[\w.-]+)?$/.exec(text);
  if (match === null) return null;
  const [, operator = '', major, minor, patch, pre] = match;
  const parts = [major, minor, patch].map((part) => (part === undefined || /\D/.test(part) ? null : Number(part)));
  const [first, second, third] = parts as [number | null, number | null, number | null];
  if (first === null) return () => true;
  const low: Version = { numbers: [first, second ?? 0, third ?? 0], pre: pre?.slice(1).split('.') ?? [] };
  const from: Bound = (version) => compareParsed(version, low) >= 0;
  const below = (numbers: readonly [number, number, number]): Bound => {
    return (version) => compareParsed(version, { numbers, pre: ['0'] }) < 0;
  };
  const within = (end: readonly [number, number, number]): Bound => {
    const before = below(end);
    return (version) => from(version) && before(version);
  };
  /** Behind all versions that the text may stand for. */
  const next: readonly [number, number, number] =
    second === null ? [first + 1, 0, 0] : third === null ? [first, second + 1, 0] : [first, second, third + 1];
  switch (operator) {
    case '>=':
      return from;
    case '>':
      return third === null ? (version) => !below(next)(version) : (version) => compareParsed(version, low) > 0;
    case '<':
      return (version) => compareParsed(version, low) < 0;
    case '<=':
      return third === null ? below(next) : (version) => compareParsed(version, low) <= 0;
    case '~':
      return within(second === null ? [first + 1, 0, 0] : [first, second + 1, 0]);
    case '^':
      if (first > 0 || second === null) return within([first + 1, 0, 0]);
      if (second > 0 || third === null) return within([0, second + 1, 0]);
      return within([0, 0, third + 1]);
    default:
      return third === null ? within(next) : (version) => compareParsed(version, low) === 0;
  }
}
