/** `application/x-www-form-urlencoded`. Source: io §8.4. */
import { decodeUtf8, type Kind, memberKind, plainText, type Row, setMember, sortKeys, valueText } from '@kuiper/base';
import { defineFormat, type Encoder, type EncodeSpec, type FormatDeclaration, type Payload } from '@kuiper/sdk';
import { formatErrors } from './errors.ts';
import { MessageDecoder } from './each-message.ts';

export const urlencodedFormat: FormatDeclaration = defineFormat({
  name: 'urlencoded',
  text: true,
  createDecoder({ columns, renames = {} }) {
    const outputOf = (name: string): string => (Object.hasOwn(renames, name) ? (renames[name] as string) : name);
    const fields: Record<string, Kind> = {};
    for (const name of columns ?? []) setMember(fields, outputOf(name), 'any');
    return new MessageDecoder({ k: 'map', fields, rest: columns === null ? 'any' : null }, (bytes) => {
      const values = parseQuery(bytes.toString('utf8'));
      const row: Row = {};
      for (const name of columns ?? values.keys()) {
        const found = values.get(name);
        setMember(row, outputOf(name), found === undefined || found.length > 1 ? found : found[0]);
      }
      return row;
    });
  },
  createEncoder: (spec) => new UrlencodedEncoder(spec),
});

class UrlencodedEncoder implements Encoder {
  readonly #type: EncodeSpec['type'];

  constructor({ type }: EncodeSpec) {
    this.#type = type;
  }

  encodeRow(row: Row): string {
    const pairs: string[] = [];
    for (const key of sortKeys(Object.keys(row))) {
      const value = row[key];
      if (value === undefined) continue;
      const kind = memberKind(this.#type, key);
      const elementKind = typeof kind === 'object' && kind.k === 'list' ? kind.of : 'any';
      if (Array.isArray(value)) for (const element of value) pairs.push(pairText(key, plainText(element, elementKind)));
      else pairs.push(pairText(key, plainText(value, kind)));
    }
    return pairs.join('&');
  }

  encodeList(rows: readonly Row[]): Payload {
    throw formatErrors.mustBeMap(valueText(rows, { k: 'list', of: this.#type }));
  }

  joinBatch(items: readonly Payload[]): string {
    return items.map((item) => (typeof item === 'string' ? item : decodeUtf8(item))).join('');
  }
}

function pairText(key: string, value: string): string {
  return `${escapeQuery(key)}=${escapeQuery(value)}`;
}

function escapeQuery(text: string): string {
  const escaped = encodeURIComponent((text as unknown as { toWellFormed(): string }).toWellFormed());
  return escaped.replace(/%20/g, '+').replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function parseQuery(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    if (pair.includes(';')) throw formatErrors.badQuery('invalid semicolon separator in query');
    const at = pair.indexOf('=');
    const key = unescapeQuery(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : unescapeQuery(pair.slice(at + 1));
    const list = values.get(key);
    if (list === undefined) values.set(key, [value]);
    else list.push(value);
  }
  return values;
}

function unescapeQuery(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text);
  if (bad !== null) throw formatErrors.badQuery(`invalid URL escape ${JSON.stringify(bad[0])}`);
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    // escapes that are no UTF-8: each becomes its byte, what is left invalid becomes U+FFFD
    const bytes = spaced.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Buffer.from(bytes, 'latin1').toString('utf8');
  }
}
