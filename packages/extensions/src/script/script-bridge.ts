/**
 * What runs inside a script's interpreter, in front of the script: turns the text of arguments into values, and a
 * result into text. It keeps the built-ins it needs, so a script that changes them only harms its own results.
 *
 * Values that JSON cannot hold travel beside it, each with the path to its place: `[path, kind, data]`.
 * Result: a finite number as it is; else a text that is no number to anyone, `~` and JSON, or `~!` and the JSON of
 * `[value, specials]`.
 */

/** Lists and maps may be nested this deep on their way in and out: beyond, interpreters run out of stack. */
export const deepestValue = 128;

/** Kinds of special values, in both directions. `date`: ms since the epoch; `bytes`: list of numbers. */
export type SpecialKind = 'date' | 'bytes' | 'nan' | 'inf' | '-inf' | 'int';
export type Special = readonly [path: readonly (string | number)[], kind: SpecialKind, data: unknown];

/**
 * Gives a function that takes the script's function and gives two: `ofText(args, specials)` takes texts, `ofValues(…)`
 * the arguments themselves. Both answer with a result as above.
 */
export const bridgeSource = `(() => {
  'use strict';
  const { parse, stringify } = JSON;
  const { isArray, from } = Array;
  const { keys, getPrototypeOf, defineProperty } = Object;
  const { isFinite } = Number;
  const { apply } = Reflect;
  const isView = ArrayBuffer.isView;
  const push = Array.prototype.push;
  const time = Date.prototype.getTime;
  const [D, B, P, U, E] = [Date, ArrayBuffer, Promise, Uint8Array, Error];
  const [S, N] = [String, TypeError];
  const deepest = ${deepestValue};
  const set = (target, key, value) =>
    defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });

  const special = (kind, data) => {
    if (kind === 'date') return new D(data);
    if (kind === 'bytes') return new U(data);
    return kind === 'nan' ? NaN : kind === 'inf' ? Infinity : -Infinity;
  };

  const place = (root, [path, kind, data]) => {
    let target = root;
    for (let i = 0; i < path.length - 1; i++) target = target[path[i]];
    set(target, path[path.length - 1], special(kind, data));
  };

  /* Set by look when JSON does not hold all of a result. */
  let beyond = false;
  const look = function (key, value) {
    switch (typeof value) {
      case 'number':
        if (isFinite(value)) return value;
        throw new E(value !== value ? 'result is NaN' : 'result is Inf');
      case 'boolean':
        return value;
      case 'string':
        /* Not when toJSON made it. */
        if (typeof this[key] !== 'string') beyond = true;
        return value;
      case 'object':
        if (value !== null && !isArray(value) && getPrototypeOf(value) !== plain && isSpecial(value)) beyond = true;
        return beyond ? null : value;
      default:
        beyond = true;
        return null;
    }
  };
  const plain = getPrototypeOf({});
  const isSpecial = (value) =>
    value instanceof D || value instanceof B || value instanceof P || isView(value) || value instanceof E;

  const copy = (value, path, specials) => {
    const put = (kind, data) => (apply(push, specials, [[[...path], kind, data]]), null);
    switch (typeof value) {
      case 'bigint':
        return put('int', S(value));
      case 'object':
        break;
      case 'string':
      case 'boolean':
      case 'number':
        return value;
      default:
        return null;
    }
    if (value === null) return null;
    if (value instanceof D) return put('date', apply(time, value, []));
    if (value instanceof B) return put('bytes', from(new U(value)));
    if (isView(value)) return put('bytes', from(new U(value.buffer, value.byteOffset, value.byteLength)));
    if (value instanceof P) throw new N('result is a promise');
    if (value instanceof E) return S(value);
    if (path.length > deepest) throw new E('result is nested too deeply');
    const inside = (key, member) => {
      const depth = path.length;
      path[depth] = key;
      const made = copy(member, path, specials);
      path.length = depth;
      return made;
    };
    if (isArray(value)) {
      const list = [];
      for (let i = 0; i < value.length; i++) list[i] = inside(i, value[i]);
      return list;
    }
    const map = {};
    for (const key of keys(value)) set(map, key, inside(key, value[key]));
    return map;
  };

  const give = (result) => {
    if (typeof result === 'number' && isFinite(result)) return result;
    beyond = false;
    const text = stringify(result, look);
    if (!beyond) return '~' + text;
    const found = [];
    const value = copy(result, [], found);
    return '~!' + stringify([value, found]);
  };

  return (exec) => ({
    ofValues: (...values) => give(apply(exec, undefined, values)),
    ofText: (args, specials) => {
      const values = parse(args);
      if (specials !== undefined) for (const one of parse(specials)) place(values, one);
      return give(apply(exec, undefined, values));
    },
  });
})()`;

/** Gives a function that takes `print(level, text)` and makes `console` and `log` of it. */
export const consoleSource = `(() => {
  'use strict';
  const { stringify } = JSON;
  const S = String;
  const show = (value) => {
    if (typeof value === 'string') return value;
    if (value === null || typeof value !== 'object' || value instanceof Error) return S(value);
    try {
      return stringify(value);
    } catch {
      return S(value);
    }
  };
  return (print) => {
    const writer = (level) => (...values) => print(level, values.map(show).join(' '));
    const log = writer('info');
    const console = { log, info: log, debug: writer('debug'), warn: writer('warn'), error: writer('error') };
    Object.assign(globalThis, { console, log });
  };
})()`;
