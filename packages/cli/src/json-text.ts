/**
 * JSON handled as text. What a server wrote is shown as it was written: the order of members, `1.0`, and integers beyond
 * 2^53 all stay. Every function takes valid JSON; {@link indentJson} alone gives other text back as it came.
 */

/** The same value with two spaces (or `indent`) per level. */
export function indentJson(text: string, indent = '  '): string {
  if (!isJson(text)) return text;
  let out = '';
  let depth = 0;
  for (let i = 0; i < text.length; ) {
    const character = text[i] as string;
    if (character === '"') {
      const end = stringEnd(text, i);
      out += text.slice(i, end);
      i = end;
      continue;
    }
    i++;
    switch (character) {
      case '{':
      case '[': {
        const next = skipSpace(text, i);
        if (text[next] === '}' || text[next] === ']') {
          out += character + text[next];
          i = next + 1;
        } else out += `${character}\n${indent.repeat(++depth)}`;
        break;
      }
      case '}':
      case ']':
        out += `\n${indent.repeat(--depth)}${character}`;
        break;
      case ',':
        out += `,\n${indent.repeat(depth)}`;
        break;
      case ':':
        out += ': ';
        break;
      default:
        if (!isSpace(character)) out += character;
    }
  }
  return out;
}

/** The value of a member as it was written; null when the object has none of that name. Of duplicates, the last. */
export function memberText(object: string, name: string): string | null {
  let found: string | null = null;
  let i = skipSpace(object, 0);
  if (object[i] !== '{') return null;
  i = skipSpace(object, i + 1);
  while (object[i] === '"') {
    const keyEnd = stringEnd(object, i);
    const key = JSON.parse(object.slice(i, keyEnd)) as string;
    const start = skipSpace(object, skipSpace(object, keyEnd) + 1);
    const end = valueEnd(object, start);
    if (key === name) found = object.slice(start, end);
    i = skipSpace(object, end);
    if (object[i] === ',') i = skipSpace(object, i + 1);
  }
  return found;
}

/** The elements of a list as they were written. */
export function elementTexts(list: string): string[] {
  const elements: string[] = [];
  let i = skipSpace(list, skipSpace(list, 0) + 1);
  while (i < list.length && list[i] !== ']') {
    const end = valueEnd(list, i);
    elements.push(list.slice(i, end));
    i = skipSpace(list, end);
    if (list[i] === ',') i = skipSpace(list, i + 1);
  }
  return elements;
}

/** Puts a member in front of the others of an object. */
export function prependMember(object: string, name: string, value: string): string {
  const open = object.indexOf('{') + 1;
  const isEmpty = object[skipSpace(object, open)] === '}';
  return `${object.slice(0, open)}${JSON.stringify(name)}:${JSON.stringify(value)}${isEmpty ? '' : ','}${object.slice(open)}`;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function valueEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  let i = start;
  if (first !== '{' && first !== '[') {
    while (i < text.length && !',]}'.includes(text[i] as string) && !isSpace(text[i] as string)) i++;
    return i;
  }
  for (let depth = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') i = stringEnd(text, i) - 1;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return i + 1;
  }
  return i;
}

/** @param start of the opening quote @returns the place behind the closing one */
function stringEnd(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}

function skipSpace(text: string, start: number): number {
  let i = start;
  while (i < text.length && isSpace(text[i] as string)) i++;
  return i;
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}
