import { mostNested } from '@kuiper/base';

/**
 * Walking over JSON text without making values. Each function takes the text, a position and the end of the message,
 * and returns the position behind what it walked over, or -1 when the text is not valid JSON there.
 * Together they accept exactly what `JSON.parse` accepts, except what nests deeper than `mostNested`.
 */

/** Nesting beyond this is left to the parser, which needs no recursion. */
const MAX_DEPTH = 200;

export function skipWhite(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    at++;
  }
  return at;
}

/** @param from at the opening quote */
export function skipString(text: string, from: number, end: number): number {
  if (from >= end || text.charCodeAt(from) !== 0x22) return -1;
  let at = from + 1;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return -1;
    if (code === 0x5c) {
      at = skipEscape(text, at + 1, end);
      if (at < 0) return -1;
    } else at++;
  }
  return -1;
}

/** @param from behind the backslash */
export function skipEscape(text: string, from: number, end: number): number {
  if (from >= end) return -1;
  switch (text.charCodeAt(from)) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return from + 1;
    case 0x75:
      if (from + 5 > end) return -1;
      for (let i = from + 1; i < from + 5; i++) if (!isHex(text.charCodeAt(i))) return -1;
      return from + 5;
    default:
      return -1;
  }
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

export function skipNumber(text: string, from: number, end: number): number {
  let at = from;
  if (at < end && text.charCodeAt(at) === 0x2d) at++;
  if (at >= end) return -1;
  const first = text.charCodeAt(at);
  if (first < 0x30 || first > 0x39) return -1;
  at = first === 0x30 ? at + 1 : skipDigits(text, at + 1, end);
  if (at < end && text.charCodeAt(at) === 0x2e) {
    const fraction = skipDigits(text, at + 1, end);
    if (fraction === at + 1) return -1;
    at = fraction;
  }
  if (at < end && (text.charCodeAt(at) | 0x20) === 0x65) {
    let exponent = at + 1;
    if (exponent < end && (text.charCodeAt(exponent) === 0x2b || text.charCodeAt(exponent) === 0x2d)) exponent++;
    at = skipDigits(text, exponent, end);
    if (at === exponent) return -1;
  }
  return at;
}

function skipDigits(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) break;
    at++;
  }
  return at;
}

export function skipValue(text: string, from: number, end: number, depth = 0): number {
  if (from >= end) return -1;
  switch (text.charCodeAt(from)) {
    case 0x22:
      return skipString(text, from, end);
    case 0x7b:
      return depth > MAX_DEPTH ? skipByParsing(text, from, end) : skipObject(text, from, end, depth);
    case 0x5b:
      return depth > MAX_DEPTH ? skipByParsing(text, from, end) : skipArray(text, from, end, depth);
    case 0x74:
      return skipWord(text, from, end, 'true');
    case 0x66:
      return skipWord(text, from, end, 'false');
    case 0x6e:
      return skipWord(text, from, end, 'null');
    default:
      return skipNumber(text, from, end);
  }
}

function skipWord(text: string, from: number, end: number, word: string): number {
  return from + word.length <= end && text.startsWith(word, from) ? from + word.length : -1;
}

function skipObject(text: string, from: number, end: number, depth: number): number {
  let at = skipWhite(text, from + 1, end);
  if (at < end && text.charCodeAt(at) === 0x7d) return at + 1;
  for (;;) {
    at = skipString(text, at, end);
    if (at < 0) return -1;
    at = skipWhite(text, at, end);
    if (at >= end || text.charCodeAt(at) !== 0x3a) return -1;
    at = skipValue(text, skipWhite(text, at + 1, end), end, depth + 1);
    if (at < 0) return -1;
    at = skipWhite(text, at, end);
    if (at >= end) return -1;
    const code = text.charCodeAt(at);
    if (code === 0x7d) return at + 1;
    if (code !== 0x2c) return -1;
    at = skipWhite(text, at + 1, end);
  }
}

function skipArray(text: string, from: number, end: number, depth: number): number {
  let at = skipWhite(text, from + 1, end);
  if (at < end && text.charCodeAt(at) === 0x5d) return at + 1;
  for (;;) {
    at = skipValue(text, at, end, depth + 1);
    if (at < 0) return -1;
    at = skipWhite(text, at, end);
    if (at >= end) return -1;
    const code = text.charCodeAt(at);
    if (code === 0x5d) return at + 1;
    if (code !== 0x2c) return -1;
    at = skipWhite(text, at + 1, end);
  }
}

/** Finds the end of a deeply nested value by counting brackets, and lets the parser judge what is between. */
function skipByParsing(text: string, from: number, end: number): number {
  let open = 0;
  for (let at = from; at < end; ) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = skipString(text, at, end);
      if (at < 0) return -1;
      continue;
    }
    at++;
    if (code === 0x7b || code === 0x5b) {
      if (++open > mostNested - MAX_DEPTH) return -1;
    } else if (code === 0x7d || code === 0x5d) {
      open--;
      if (open === 0) return isValidJson(text.slice(from, at)) ? at : -1;
    }
  }
  return -1;
}

function isValidJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
