/**
 * A scanner generated for the columns that are wanted: it walks over the text of one message, makes values only for
 * these columns and puts them into a row of one shape.
 *
 * It accepts less than `JSON.parse`: an escaped key, a list of rows, a value of the wrong type, anything invalid makes
 * it return null, and the caller takes the slow way, which knows the exact answer. What it does accept it reads exactly
 * like `JSON.parse`: duplicate keys (the last wins), numbers to the last bit, skipped values validated.
 *
 * Reading may run past the message into the text behind it; such a walk never ends exactly at `end`, so one comparison
 * at the end replaces a bounds check per character.
 */
import { base64OrRaw, type Kind, parseBoolText, type Row, SourceWriter } from '@kuiper/base';
import { intOfText, JsonReader, type ReadType, type RowPlan } from './json-reader.ts';
import { skipNumber, skipString, skipValue, skipWhite } from './json-skip.ts';

/** The row of the message `text[start, end)`, or null when it has to be read the slow way. */
export type Scan = (text: string, start: number, end: number) => Row | null;

/** More columns than this are read the slow way: the code would grow, and the parser is quick at making everything. */
export const MAX_SCANNED_COLUMNS = 128;

/** Powers of ten that are exact doubles: a quotient of two exact doubles is correctly rounded. */
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, i) => 10 ** i);

interface Column {
  readonly name: string;
  readonly variable: string;
  readonly type: ReadType;
}

/** A column by the code units of its name and the closing quote. */
interface Candidate {
  readonly slot: number;
  readonly units: readonly number[];
}

/** Null when the plan cannot be scanned. */
export function generateScanner(plan: RowPlan): Scan | null {
  const writer = scannerSource(plan);
  return writer === null ? null : (writer.evaluate() as Scan);
}

/** The source of the scanner, for printing; null when the plan cannot be scanned. */
export function scannerSource(plan: RowPlan): SourceWriter | null {
  if (plan.others !== null) return null;
  const columns = [...plan.columns].map(([name, { type }], i) => ({ name, variable: `v${i}`, type }));
  if (columns.length === 0 || columns.length > MAX_SCANNED_COLUMNS) return null;
  const outputs = new Map([...plan.columns].map(([, { output }], i) => [output, `v${i}`]));
  if (outputs.size !== columns.length) return null;
  const w = new SourceWriter();
  new ScannerWriter(w, plan, columns, outputs).write();
  return w;
}

class ScannerWriter {
  readonly #w: SourceWriter;
  readonly #plan: RowPlan;
  readonly #columns: readonly Column[];
  readonly #outputs: ReadonlyMap<string, string>;
  readonly #typed: boolean;

  constructor(w: SourceWriter, plan: RowPlan, columns: readonly Column[], outputs: ReadonlyMap<string, string>) {
    this.#w = w;
    this.#plan = plan;
    this.#columns = columns;
    this.#outputs = outputs;
    this.#typed = plan.wholeAsInt || columns.some(({ type }) => type.kind !== 'any');
  }

  write(): void {
    const w = this.#w;
    const white = w.bind('skipWhite', skipWhite);
    w.block('return function scan(t, i, n)', () => {
      w.line(`let ${this.#columns.map(({ variable }) => variable).join(', ')};`);
      w.line('let v, c, s, slot, q, b;');
      w.line('c = t.charCodeAt(i);');
      w.line(`if (c <= 32) { i = ${white}(t, i, n); c = t.charCodeAt(i); }`);
      w.line('if (c !== 123) return null;');
      w.line('c = t.charCodeAt(++i);');
      w.line(`if (c <= 32) { i = ${white}(t, i, n); c = t.charCodeAt(i); }`);
      w.block('if (c !== 125) for (;;)', () => {
        w.line('if (c !== 34) return null;');
        this.#writeKey();
        w.line('c = t.charCodeAt(i);');
        w.line(`if (c <= 32) { i = ${white}(t, i, n); c = t.charCodeAt(i); }`);
        w.line('if (c !== 58) return null;');
        w.line('c = t.charCodeAt(++i);');
        w.line(`if (c <= 32) { i = ${white}(t, i, n); c = t.charCodeAt(i); }`);
        this.#writeValue();
        this.#writeStore();
        w.line('c = t.charCodeAt(i);');
        w.line(`if (c <= 32) { i = ${white}(t, i, n); c = t.charCodeAt(i); }`);
        w.line('if (c === 125) break;');
        w.line('if (c !== 44) return null;');
        w.line('c = t.charCodeAt(++i);');
        w.line(`if (c <= 32) { i = ${white}(t, i, n); c = t.charCodeAt(i); }`);
      });
      w.line('if (++i !== n) { if (i > n) return null; i = ' + white + '(t, i, n); if (i !== n) return null; }');
      this.#writeRow();
    });
  }

  /** From behind the opening quote to behind the closing one; `slot` is the column, or -1. */
  #writeKey(): void {
    const w = this.#w;
    w.line('slot = -1; s = ++i;');
    w.block('key:', () => {
      // a name that JSON has to escape never matches: an escaped key is left to the slow way
      const named = this.#columns
        .map(({ name }, slot) => ({ slot, units: [...unitsOf(name), 0x22] }))
        .filter(({ units }) =>
          units.every((unit, i) => unit >= 0x20 && unit !== 0x5c && (unit !== 0x22 || i === units.length - 1)),
        );
      if (named.length > 0) this.#writeBranches(named, 0);
      w.block('for (;;)', () => {
        w.line('c = t.charCodeAt(i++);');
        w.line('if (c === 34) break;');
        w.line('if (c === 92 || !(c >= 32)) return null;');
      });
    });
  }

  #writeBranches(candidates: readonly Candidate[], depth: number): void {
    const w = this.#w;
    const at = (offset: number): string => (offset === 0 ? 't.charCodeAt(i)' : `t.charCodeAt(i + ${offset})`);
    const [only] = candidates;
    if (only !== undefined && candidates.length === 1) {
      const rest = only.units.slice(depth).map((unit, k) => `${at(depth + k)} === ${unit}`);
      w.line(`if (${rest.join(' && ') || 'true'}) { slot = ${only.slot}; i += ${only.units.length}; break key; }`);
      return;
    }
    const shared = depth + commonLength(candidates, depth);
    const prefix = candidates[0]?.units.slice(depth, shared).map((unit, k) => `${at(depth + k)} === ${unit}`) ?? [];
    const branch = (): void => {
      w.block(`switch (${at(shared)})`, () => {
        for (const [unit, group] of groupByUnit(candidates, shared)) {
          w.block(`case ${unit}:`, () => {
            this.#writeBranches(group, shared + 1);
            w.line('break;');
          });
        }
      });
    };
    if (prefix.length === 0) branch();
    else w.block(`if (${prefix.join(' && ')})`, branch);
  }

  /**
   * Reads the value at `i` into `v`, moves `i` behind it; `b` is where it began. With declared types `q` says what it
   * was: 0 null, 1 boolean, 2 integer of at most 15 digits, 3 other number, 4 string, 5 object or list.
   */
  #writeValue(): void {
    const w = this.#w;
    const q = (code: number): string => (this.#typed ? ` q = ${code};` : '');
    w.line('b = i;');
    w.block('if (c === 34)', () => {
      w.line('s = ++i;');
      w.block('for (;;)', () => {
        w.line('c = t.charCodeAt(i++);');
        w.line('if (c === 34) { if (slot >= 0) v = t.slice(s, i - 1); break; }');
        w.block('if (c === 92)', () => {
          w.line(`i = ${w.bind('skipString', skipString)}(t, b, n);`);
          w.line('if (i < 0) return null;');
          w.line('if (slot >= 0) v = JSON.parse(t.slice(b, i));');
          w.line('break;');
        });
        w.line('if (!(c >= 32)) return null;');
      });
      if (this.#typed) w.line('q = 4;');
    });
    w.block('else if (c <= 57)', () => this.#writeNumber());
    w.block('else if (c === 116)', () => {
      w.line(
        'if (t.charCodeAt(i + 1) !== 114 || t.charCodeAt(i + 2) !== 117 || t.charCodeAt(i + 3) !== 101) return null;',
      );
      w.line(`v = true; i += 4;${q(1)}`);
    });
    w.block('else if (c === 102)', () => {
      w.line(
        'if (t.charCodeAt(i + 1) !== 97 || t.charCodeAt(i + 2) !== 108 || t.charCodeAt(i + 3) !== 115 || t.charCodeAt(i + 4) !== 101) return null;',
      );
      w.line(`v = false; i += 5;${q(1)}`);
    });
    w.block('else if (c === 110)', () => {
      w.line(
        'if (t.charCodeAt(i + 1) !== 117 || t.charCodeAt(i + 2) !== 108 || t.charCodeAt(i + 3) !== 108) return null;',
      );
      if (this.#plan.keepNulls) w.line('if (slot < 0) return null;');
      w.line(`v = null; i += 4;${q(0)}`);
    });
    w.block('else', () => {
      w.line(`i = ${w.bind('skipValue', skipValue)}(t, i, n);`);
      w.line('if (i < 0) return null;');
      if (this.#typed) w.line('q = 5;');
      else w.line('if (slot >= 0) v = JSON.parse(t.slice(b, i));');
    });
  }

  /** Digits are summed up while they are few enough to be exact; anything longer goes to the platform's parser. */
  #writeNumber(): void {
    const w = this.#w;
    const powers = w.bind('POWERS', POWERS);
    w.line('if (c === 45) c = t.charCodeAt(++i);');
    w.line('s = i;');
    w.line('if (!(c >= 48 && c <= 57)) return null;');
    w.line('v = c - 48;');
    w.line('c = t.charCodeAt(++i);');
    w.line('if (v !== 0) while (c >= 48 && c <= 57) { v = v * 10 + (c - 48); c = t.charCodeAt(++i); }');
    const long = (): void => {
      w.line(`i = ${w.bind('skipNumber', skipNumber)}(t, b, n);`);
      w.line('if (i < 0) return null;');
      w.line('if (slot >= 0) v = +t.slice(b, i);');
      if (this.#typed) w.line('q = 3;');
    };
    w.block('if (c === 46)', () => {
      w.line('const f = ++i;');
      w.line('c = t.charCodeAt(i);');
      w.line('while (c >= 48 && c <= 57) { v = v * 10 + (c - 48); c = t.charCodeAt(++i); }');
      w.line('if (i === f) return null;');
      w.block('if (i - s > 16 || c === 101 || c === 69)', long);
      w.block('else', () => {
        w.line(`v /= ${powers}[i - f];`);
        w.line('if (s !== b) v = -v;');
        if (this.#typed) w.line('q = 3;');
      });
    });
    w.block('else if (i - s > 15 || c === 101 || c === 69)', long);
    w.block('else', () => {
      w.line('if (s !== b) v = -v;');
      if (this.#typed) w.line('q = 2;');
    });
  }

  #writeStore(): void {
    const w = this.#w;
    const [only] = this.#columns;
    if (only !== undefined && this.#columns.length === 1) {
      w.block('if (slot === 0)', () => this.#writeStoreOne(only));
      return;
    }
    w.block('switch (slot)', () => {
      this.#columns.forEach((column, slot) => {
        w.block(`case ${slot}:`, () => {
          this.#writeStoreOne(column);
          w.line('break;');
        });
      });
    });
  }

  #writeStoreOne({ variable, type }: Column): void {
    const w = this.#w;
    const store = (kind: Kind): string => {
      switch (kind) {
        case 'int':
          return `if (q === 2) ${variable} = v + 0; else if (q === 3) { ${variable} = ${w.bind('intOfText', intOfText)}(t.slice(b, i)); if (${variable} === undefined) return null; }`;
        case 'float':
          return `if (q === 2 || q === 3) ${variable} = v;`;
        case 'string':
          return `if (q === 4) ${variable} = v;`;
        case 'bool':
          return `if (q === 1) ${variable} = v; else if (q === 4) { ${variable} = ${w.bind('parseBoolText', parseBoolText)}(v); if (${variable} === undefined) return null; }`;
        case 'bytes':
          return `if (q === 4) ${variable} = ${w.bind('base64OrRaw', base64OrRaw)}(v);`;
        case 'datetime':
          return `if (q >= 2 && q <= 4) ${variable} = v;`;
        default:
          return '';
      }
    };
    if (!this.#typed) {
      w.line(`${variable} = v;`);
    } else if (type.kind === 'any' && this.#plan.wholeAsInt) {
      const reader = w.bind('reader', new JsonReader(this.#plan));
      w.line(
        `${variable} = q === 2 ? BigInt(v) : q === 3 || q === 5 ? ${reader}.readNested(t, b, i, ${w.bind('type', type)}) : v;`,
      );
    } else if (type.kind === 'any') {
      w.line(`${variable} = q === 5 ? JSON.parse(t.slice(b, i)) : v;`);
    } else if (type.kind === 'null') {
      w.line(`${variable} = q === 0 ? null : undefined;`);
    } else if (typeof type.kind === 'object') {
      const reader = w.bind('reader', new JsonReader(this.#plan));
      w.line(`if (q === 0) ${variable} = null;`);
      w.line(
        `else { ${variable} = ${reader}.readNested(t, b, i, ${w.bind('type', type)}); if (${variable} === undefined) return null; }`,
      );
    } else {
      w.line(`${store(type.kind)} else if (q === 0) ${variable} = null; else return null;`);
    }
  }

  #writeRow(): void {
    const w = this.#w;
    const members = this.#plan.shape.map((output) => {
      const variable = this.#outputs.get(output);
      return `[${w.bind('name', output)}]: ${variable}`;
    });
    w.line(`return { ${members.join(', ')} };`);
  }
}

function unitsOf(name: string): number[] {
  return Array.from({ length: name.length }, (_, i) => name.charCodeAt(i));
}

/** How many units from `depth` on all candidates share. No name is the beginning of another: each ends in a quote. */
function commonLength(candidates: readonly Candidate[], depth: number): number {
  for (let length = 0; ; length++) {
    const unit = candidates[0]?.units[depth + length];
    if (unit === undefined || candidates.some(({ units }) => units[depth + length] !== unit)) return length;
  }
}

function groupByUnit(candidates: readonly Candidate[], depth: number): Map<number, Candidate[]> {
  const groups = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const unit = candidate.units[depth] as number;
    const group = groups.get(unit);
    if (group === undefined) groups.set(unit, [candidate]);
    else group.push(candidate);
  }
  return groups;
}
