/**
 * `printf`: verbs with flags, width and precision. What does not fit is printed as `%!d(float64=3)`, `%!s(MISSING)`,
 * `%!(EXTRA int=1)`. Source: behaviour spec, io §7.3.
 */
import { DateTime, floatText } from '@kuiper/base';
import { formatFloat } from './float-format.ts';
import { isPrintable, quoteGo, quoteRune } from './quote.ts';
import { hasOwnText, sortedKeys, valueText } from './value-text.ts';
import { integerOf, isMap, OpaqueValue, type PlainMap, SizedInt, typeName } from './values.ts';

const MAX_WIDTH = 1_000_000;

interface Flags {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | null;
  precision: number | null;
}

export function formatText(format: string, args: readonly unknown[]): string {
  return new Formatter(format, args).run();
}

class Formatter {
  readonly #format: string;
  readonly #args: readonly unknown[];
  #at = 0;
  #next = 0;
  #reordered = false;
  #badIndex = false;
  #out = '';

  constructor(format: string, args: readonly unknown[]) {
    this.#format = format;
    this.#args = args;
  }

  run(): string {
    const format = this.#format;
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at);
      if (percent < 0) {
        this.#out += format.slice(this.#at);
        break;
      }
      this.#out += format.slice(this.#at, percent);
      this.#at = percent + 1;
      this.#directive();
    }
    if (!this.#reordered && this.#next < this.#args.length) {
      const extra = this.#args.slice(this.#next).map((arg) => `${typedText(arg)}`);
      this.#out += `%!(EXTRA ${extra.join(', ')})`;
    }
    return this.#out;
  }

  #directive(): void {
    const flags = this.#flags();
    this.#badIndex = false;
    let indexed = this.#argumentIndex();
    if (this.#take('*')) {
      flags.width = this.#starred('WIDTH');
      if (flags.width !== null && flags.width < 0) {
        flags.width = -flags.width;
        flags.minus = true;
        flags.zero = false;
      }
      indexed = false;
    } else {
      flags.width = this.#number();
      if (indexed && flags.width !== null) this.#badIndex = true;
    }
    if (this.#take('.')) {
      if (indexed) this.#badIndex = true;
      indexed = this.#argumentIndex();
      if (this.#take('*')) {
        flags.precision = this.#starred('PREC');
        if (flags.precision !== null && flags.precision < 0) {
          flags.precision = null;
          this.#out += '%!(BADPREC)';
        }
        indexed = false;
      } else flags.precision = this.#number() ?? 0;
    }
    if (!indexed) this.#argumentIndex();
    this.#verb(flags);
  }

  #verb(flags: Flags): void {
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) {
      this.#out += '%!(NOVERB)';
      return;
    }
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    if (verb === '%') this.#out += '%';
    else if (this.#badIndex) this.#out += `%!${verb}(BADINDEX)`;
    else if (this.#next >= this.#args.length) this.#out += `%!${verb}(MISSING)`;
    else this.#out += formatValue(this.#args[this.#next++], verb, flags);
  }

  #flags(): Flags {
    const flags: Flags = {
      plus: false,
      minus: false,
      sharp: false,
      space: false,
      zero: false,
      width: null,
      precision: null,
    };
    for (; ; this.#at++) {
      switch (this.#format[this.#at]) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = true;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return flags;
      }
    }
  }

  #take(character: string): boolean {
    if (this.#format[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #number(): number | null {
    const digits = /^\d+/.exec(this.#format.slice(this.#at, this.#at + 8))?.[0];
    if (digits === undefined) return null;
    const value = Number(digits);
    if (value > MAX_WIDTH) return null;
    this.#at += digits.length;
    return value;
  }

  /** `[n]` chooses the argument to go on with. */
  #argumentIndex(): boolean {
    if (this.#format[this.#at] !== '[') return false;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#at);
    if (close < 0) {
      this.#badIndex = true;
      this.#at++;
      return false;
    }
    const inside = this.#format.slice(this.#at + 1, close);
    this.#at = close + 1;
    const index = /^\d{1,7}$/.test(inside) ? Number(inside) - 1 : -1;
    if (index >= 0 && index < this.#args.length) {
      this.#next = index;
      return true;
    }
    this.#badIndex = true;
    return true;
  }

  #starred(name: string): number | null {
    const arg = this.#args[this.#next];
    if (this.#next < this.#args.length) this.#next++;
    const value = Number(integerOf(arg) ?? Number.NaN);
    if (Math.abs(value) <= MAX_WIDTH) return value;
    this.#out += `%!(BAD${name})`;
    return null;
  }
}

/** `int=3`, `<nil>`: an argument that no verb took. */
function typedText(value: unknown): string {
  return value === null || value === undefined ? '<nil>' : `${typeName(value)}=${valueText(value)}`;
}

/** What the verb does not fit is printed as by `%v`, with the same flags. */
function badVerb(value: unknown, verb: string, flags: Flags): string {
  return `%!${verb}(${typeName(value)}=${formatPlain(value, 'v', flags)})`;
}

function formatValue(value: unknown, verb: string, flags: Flags): string {
  if (value === null || value === undefined)
    return verb === 'v' || verb === 'T' ? pad('<nil>', flags) : `%!${verb}(<nil>)`;
  if (verb === 'T') return pad(cut(typeName(value), flags.precision), flags);
  if (verb === 'p') return badVerb(value, verb, flags);
  if (verb === 'v' && flags.sharp)
    return pad(typeof value === 'string' ? quoteGo(cut(value, flags.precision)) : syntaxText(value), flags);
  // a plus in front of v is about the names of fields, which no value has
  if (verb === 'v') return formatPlain(value, verb, { ...flags, plus: false });
  return formatPlain(value, verb, flags);
}

function formatPlain(value: unknown, verb: string, flags: Flags): string {
  switch (typeof value) {
    case 'boolean':
      return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb, flags);
    case 'number':
      return formatFloatVerb(value, verb, flags);
    case 'bigint':
      return formatInteger(value, value, verb, flags);
    case 'string':
      return formatString(value, verb, flags) ?? badVerb(value, verb, flags);
  }
  if (value instanceof SizedInt) {
    if (hasOwnText(value) && 'vsqxX'.includes(verb)) return formatString(valueText(value), verb, flags) as string;
    return formatInteger(value.$int, value, verb, flags);
  }
  if (value instanceof DateTime || value instanceof OpaqueValue)
    return formatString(valueText(value), verb, flags) ?? badVerb(value, verb, flags);
  if (value instanceof Uint8Array) {
    const text = verb === 'v' || verb === 'd' ? undefined : formatBytes(Buffer.from(value), verb, flags);
    return (
      text ??
      formatList(
        Array.from(value, (byte) => new SizedInt('uint8', BigInt(byte))),
        verb,
        flags,
      )
    );
  }
  return Array.isArray(value) ? formatList(value, verb, flags) : formatMap(value as PlainMap, verb, flags);
}

/** Inside lists and maps nil prints the same by every verb. */
function formatElement(value: unknown, verb: string, flags: Flags): string {
  return value === null || value === undefined ? '<nil>' : formatValue(value, verb, flags);
}

function formatList(list: readonly unknown[], verb: string, flags: Flags): string {
  return `[${list.map((element) => formatElement(element, verb, flags)).join(' ')}]`;
}

function formatMap(map: PlainMap, verb: string, flags: Flags): string {
  const members = sortedKeys(map).map(
    (key) => `${formatValue(key, verb, flags)}:${formatElement(map[key], verb, flags)}`,
  );
  return `map[${members.join(' ')}]`;
}

function pad(text: string, { width, minus, zero }: Flags): string {
  if (width === null) return text;
  const missing = width - lengthOf(text);
  if (missing <= 0) return text;
  if (minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

/** Counted in characters. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function cut(text: string, precision: number | null): string {
  if (precision === null || text.length <= precision) return text;
  return Array.from(text).slice(0, precision).join('');
}

function formatString(value: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
    case 's':
      return pad(cut(value, flags.precision), flags);
    case 'q': {
      const text = cut(value, flags.precision);
      return pad(
        flags.sharp && !/[`\p{Cc}\ufeff]/u.test(text.replaceAll('\t', '')) ? `\`${text}\`` : quoteGo(text, flags.plus),
        flags,
      );
    }
    default:
      return formatBytes(Buffer.from(value), verb, flags);
  }
}

function formatBytes(bytes: Buffer, verb: string, flags: Flags): string | undefined {
  if (verb === 's' || verb === 'q') return formatString(bytes.toString('utf8'), verb, flags);
  if (verb !== 'x' && verb !== 'X') return undefined;
  const limited = flags.precision === null ? bytes : bytes.subarray(0, flags.precision);
  let digits = limited.toString('hex');
  if (flags.space) digits = (digits.match(/../g) ?? []).map((pair) => (flags.sharp ? `0x${pair}` : pair)).join(' ');
  else if (flags.sharp && digits !== '') digits = `0x${digits}`;
  return pad(verb === 'X' ? digits.toUpperCase() : digits, flags);
}

const bases: Readonly<Record<string, readonly [number, string]>> = {
  v: [10, ''],
  d: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
};

function formatInteger(int: bigint, value: unknown, verb: string, flags: Flags): string {
  if (verb === 'c') return pad(runeText(int), flags);
  if (verb === 'q') return pad(quoteRune(runeNumber(int), flags.plus), flags);
  if (verb === 'U') return pad(unicodeText(int, flags.sharp), flags);
  if (!Object.hasOwn(bases, verb)) return badVerb(value, verb, flags);
  const [base, prefix] = bases[verb] as readonly [number, string];
  const magnitude = int < 0n ? -int : int;
  let digits = magnitude.toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  const sign = int < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  if (flags.precision !== null) {
    digits = flags.precision === 0 && int === 0n ? '' : digits.padStart(flags.precision, '0');
    if (digits === '') return pad('', { ...flags, zero: false });
  } else if (flags.zero && !flags.minus && flags.width !== null)
    digits = digits.padStart(flags.width - sign.length, '0');
  if (verb === 'O' && flags.sharp && !digits.startsWith('0')) digits = `0${digits}`;
  const shown = verb === 'O' || (flags.sharp && !(verb === 'o' && digits.startsWith('0'))) ? prefix : '';
  return pad(sign + shown + digits, { ...flags, zero: false });
}

function runeNumber(int: bigint): number {
  return int < 0n || int > 0x10ffffn ? 0xfffd : Number(int);
}

function runeText(int: bigint): string {
  const code = runeNumber(int);
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
}

function unicodeText(int: bigint, sharp: boolean): string {
  const text = `U+${BigInt.asUintN(64, int).toString(16).toUpperCase().padStart(4, '0')}`;
  return sharp && int >= 0n && int <= 0x10ffffn && isPrintable(runeText(int)) ? `${text} '${runeText(int)}'` : text;
}

function formatFloatVerb(value: number, verb: string, flags: Flags): string {
  if (!'vbeEfFgGxX'.includes(verb)) return badVerb(value, verb, flags);
  const plain = verb === 'v' && flags.precision === null && !flags.sharp;
  let text = plain ? floatText(value) : formatFloat(value, verb === 'v' ? 'g' : verb, flags.precision, flags.sharp);
  const negative = text.startsWith('-');
  if (negative || text.startsWith('+')) text = text.slice(1);
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const finite = Number.isFinite(value);
  if (flags.zero && finite && !flags.minus && flags.width !== null)
    return sign + text.padStart(flags.width - sign.length, '0');
  const shown = Number.isNaN(value) && !flags.plus && !flags.space ? '' : sign;
  const infinitySign = value === Number.POSITIVE_INFINITY && sign === '' ? '+' : shown;
  return pad(infinitySign + text, { ...flags, zero: false });
}

/** `%#v`: as it would be written in source code. */
function syntaxText(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'string') return quoteGo(value);
  if (typeof value === 'number') return formatFloat(value, 'g', null, false);
  if (Array.isArray(value)) return `${typeName(value)}{${value.map(syntaxText).join(', ')}}`;
  if (value instanceof Uint8Array) return `[]byte{${Array.from(value, (byte) => `0x${byte.toString(16)}`).join(', ')}}`;
  if (isMap(value)) {
    const members = sortedKeys(value).map((key) => `${quoteGo(key)}:${syntaxText(value[key])}`);
    return `${typeName(value)}{${members.join(', ')}}`;
  }
  if (value instanceof SizedInt && value.$type.startsWith('uint')) return `0x${value.$int.toString(16)}`;
  return integerOf(value)?.toString() ?? valueText(value);
}
