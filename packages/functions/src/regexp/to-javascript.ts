/** Writes a pattern for the runtime's own engine: same matches, faster, as long as it need not go back much. */
import type { Assertion, Pattern } from './syntax-tree.ts';

const assertions: Readonly<Record<Assertion, string>> = {
  textStart: '^',
  textEnd: '$',
  lineStart: '(?<![^\\n])',
  lineEnd: '(?![^\\n])',
  wordBoundary: '\\b',
  noWordBoundary: '\\B',
};

/** Source for the flag `u`, without `i`, `m` and `s`: flags are resolved in the tree. */
export function toJavaScript(pattern: Pattern): string {
  switch (pattern.type) {
    case 'empty':
      return '(?:)';
    case 'set':
      return writeSet(pattern.ranges);
    case 'assert':
      return assertions[pattern.what];
    case 'capture':
      return `(${toJavaScript(pattern.body)})`;
    case 'concat':
      return pattern.parts
        .map((part) => (part.type === 'alternate' ? `(?:${toJavaScript(part)})` : toJavaScript(part)))
        .join('');
    case 'alternate':
      return pattern.choices.map(toJavaScript).join('|');
    case 'repeat': {
      const { body, min, max, greedy } = pattern;
      const source = body.type === 'set' || body.type === 'capture' ? toJavaScript(body) : `(?:${toJavaScript(body)})`;
      return `${source}{${min},${max === Number.POSITIVE_INFINITY ? '' : max}}${greedy ? '' : '?'}`;
    }
  }
}

function writeSet(ranges: readonly number[]): string {
  if (ranges.length === 0) return '[]';
  if (ranges.length === 2 && ranges[0] === ranges[1]) return writeCode(ranges[0] as number);
  let source = '';
  for (let i = 0; i < ranges.length; i += 2) {
    const [first, last] = [ranges[i] as number, ranges[i + 1] as number];
    source += first === last ? writeCode(first) : `${writeCode(first)}-${writeCode(last)}`;
  }
  return `[${source}]`;
}

function writeCode(code: number): string {
  const character = String.fromCodePoint(code);
  return /^[0-9A-Za-z]$/.test(character) ? character : `\\u{${code.toString(16)}}`;
}
