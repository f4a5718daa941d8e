/** Taking addresses apart and putting them together. Source: behaviour spec, io §7.5. */
import { rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { quoteGo } from '../quote.ts';
import { memberOf, type PlainMap } from '../values.ts';

const ADDRESS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return rowError(`unable to parse url: invalid URL escape in ${quoteGo(text)}`);
  }
}

function parse(text: string): PlainMap {
  const match = ADDRESS.exec(text);
  if (match === null || /[\0-\x1f\x7f]/.test(text))
    return rowError(`unable to parse url: parse ${quoteGo(text)}: net/url: invalid control character in URL`);
  const [, scheme = '', authority, path = '', query = '', fragment = ''] = match;
  const at = authority?.lastIndexOf('@') ?? -1;
  const host = authority?.slice(at + 1) ?? '';
  // without slashes behind the scheme the rest has no structure
  const isOpaque = scheme !== '' && authority === undefined && path !== '' && !path.startsWith('/');
  return {
    fragment: decoded(fragment),
    host,
    hostname: host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1'),
    opaque: isOpaque ? path : '',
    path: isOpaque ? '' : decoded(path),
    query,
    scheme: scheme.toLowerCase(),
    userinfo: at < 0 ? '' : (authority as string).slice(0, at),
  };
}

function join(parts: PlainMap): string {
  const part = (name: string): string => {
    const value = memberOf(parts, name);
    if (value === undefined) return '';
    return typeof value === 'string' ? value : rowError(`unable to parse ${name} key, must be of type string`);
  };
  const [scheme, opaque, host, query, fragment, user] = [
    'scheme',
    'opaque',
    'host',
    'query',
    'fragment',
    'userinfo',
  ].map(part) as [string, string, string, string, string, string];
  const path = part('path');
  let text = scheme === '' ? '' : `${scheme}:`;
  if (opaque !== '') text += opaque;
  else {
    if (scheme !== '' || host !== '' || user !== '') {
      if (host !== '' || path !== '' || user !== '') text += '//';
      text += user === '' ? host : `${user}@${host}`;
    }
    const escaped = encodeURI(path).replace(/[?#]/g, encodeURIComponent);
    text += escaped !== '' && !escaped.startsWith('/') && host !== '' ? `/${escaped}` : escaped;
  }
  if (query !== '') text += `?${query}`;
  return fragment === '' ? text : `${text}#${encodeURI(fragment)}`;
}

export const urlFunctions: FunctionTable = {
  urlParse: declare('string', parse),
  urlJoin: declare('map', join),
};
