/** Where something stands in a text file, for errors: `plugin.json:3:14`. */

export function placeIn(file: string, text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${file}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

/** Of a property of a JSON text, in any case; the file alone when it is not there. */
export function propertyPlace(file: string, text: string, property: string): string {
  const found = new RegExp(`"${property}"\\s*:`, 'i').exec(text);
  return found === null ? file : placeIn(file, text, found.index);
}

/** Of what `JSON.parse` refuses. */
export function jsonErrorPlace(file: string, text: string): string {
  return placeIn(file, text, jsonErrorOffset(text));
}

/** What `JSON.parse` complains about, without the place and the text around it. */
export function jsonErrorText(error: unknown): string {
  return (error as Error).message.replace(/(, [^ ]*"[^]*" is not valid JSON| in JSON)?( at position \d+.*)?$/, '');
}

const token =
  /\s*("(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:])/y;

type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'next' | 'end';

/** Where the text stops being the beginning of a JSON text; its end when something is missing there. */
function jsonErrorOffset(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  token.lastIndex = 0;
  for (;;) {
    const start = token.lastIndex + (/^\s*/.exec(text.slice(token.lastIndex))?.[0].length ?? 0);
    const found = token.exec(text)?.[1];
    if (found === undefined) return start < text.length ? start : text.trimEnd().length;
    const next = follow(expected, found, open);
    if (next === null) return start;
    expected = next;
  }
}

/** What may come after a token; null when it may not stand here. */
function follow(expected: Expected, found: string, open: string[]): Expected | null {
  const isKey = expected === 'key' || expected === 'first key';
  if (found === open.at(-1) && (expected === 'next' || expected === 'first key' || expected === 'first value')) {
    open.pop();
  } else if (isKey) return found.startsWith('"') ? 'colon' : null;
  else if (expected === 'colon') return found === ':' ? 'value' : null;
  else if (expected === 'next') return found !== ',' ? null : open.at(-1) === '}' ? 'key' : 'value';
  else if (expected === 'end' || /^[}\],:]$/.test(found)) return null;
  else if (found === '{' || found === '[') {
    open.push(found === '{' ? '}' : ']');
    return found === '{' ? 'first key' : 'first value';
  }
  return open.length === 0 ? 'end' : 'next';
}
