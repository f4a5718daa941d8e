/**
 * Writes the code that reads one message type into rows of one shape: local variables for the wanted fields, one switch
 * over their tags, one object literal at the end. Unknown and unwanted fields are passed over.
 *
 * A field that occurs twice: the last value wins, messages are merged, lists are joined. Members of a oneof clear each
 * other. Source: io §8.5; the wire format as published by its makers.
 */
import { SourceWriter, tagValue } from '@kuiper/base';
import { type FieldType, wireType } from './field-type.ts';
import type { FieldLayout, MessageLayout } from './message-layout.ts';
import type { WireReader } from './wire-reader.ts';

/** One member of the rows. */
export interface WantedField {
  readonly output: string;
  /** Null for a member that is always missing. */
  readonly field: FieldLayout | null;
}

/** Reads the message up to `end`; the reader stands at its start. */
export type DecodeMessage = (reader: WireReader, end: number, before: null, group: 0) => Record<string, unknown>;

/** @param tagged ints become `bigint`, as slots of kind `any` want them */
export function generateDecoder(wanted: readonly WantedField[], tagged: boolean): DecodeMessage {
  return decoderSource(wanted, tagged).evaluate() as DecodeMessage;
}

/** The source of the decoder, for printing. */
export function decoderSource(wanted: readonly WantedField[], tagged: boolean): SourceWriter {
  const writer = new SourceWriter();
  new DecoderWriter(writer, tagged).write(wanted);
  return writer;
}

interface Variable {
  readonly name: string;
  readonly field: FieldLayout;
}

class DecoderWriter {
  readonly #w: SourceWriter;
  readonly #tagged: boolean;
  /** Functions by message, in the order they are to be written. */
  readonly #functions = new Map<MessageLayout, string>();

  constructor(w: SourceWriter, tagged: boolean) {
    this.#w = w;
    this.#tagged = tagged;
  }

  write(wanted: readonly WantedField[]): void {
    this.#writeFunction('message', wanted, false);
    // Writing a function can ask for more of them; a map visits what is added meanwhile.
    for (const [layout, name] of this.#functions) {
      const members = layout.fields.map((field) => ({ output: field.name, field }));
      this.#writeFunction(name, members, layout.isWrapper);
    }
    this.#w.line('return message;');
  }

  #writeFunction(name: string, wanted: readonly WantedField[], bare: boolean): void {
    const w = this.#w;
    const variables = new Map<FieldLayout, Variable>();
    for (const { field } of wanted) {
      if (field !== null && !variables.has(field)) variables.set(field, { name: `v${variables.size}`, field });
    }
    w.block(`function ${name}(r, end, before, group)`, () => {
      for (const { name: variable, field } of variables.values()) w.line(`let ${variable} = ${this.#unset(field)};`);
      w.block('if (before !== null)', () => this.#writeBefore(wanted, variables, bare));
      w.block('while (r.at < end)', () => {
        w.line('const tag = r.uint32();');
        w.block('switch (tag)', () => {
          for (const variable of variables.values()) this.#writeCases(variable, variables);
          w.line('default:');
          w.line('  if (tag === group && group !== 0) { group = 0; end = r.at; } else r.skip(tag);');
        });
      });
      w.line(`if (r.at !== end || group !== 0) r.fail('unexpected end');`);
      const first = [...variables.values()][0];
      w.line(bare && first !== undefined ? `return ${first.name};` : `return ${rowLiteral(wanted, variables)};`);
    });
  }

  /** Goes on from a message read before. */
  #writeBefore(wanted: readonly WantedField[], variables: ReadonlyMap<FieldLayout, Variable>, bare: boolean): void {
    for (const { output, field } of wanted) {
      const variable = field === null ? undefined : variables.get(field);
      if (variable !== undefined)
        this.#w.line(`${variable.name} = before${bare ? '' : `[${JSON.stringify(output)}]`};`);
    }
  }

  #writeCases({ name, field }: Variable, variables: ReadonlyMap<FieldLayout, Variable>): void {
    const w = this.#w;
    const read = this.#read(field, name);
    const clear = [...variables.values()]
      .filter((other) => other.field !== field && other.field.oneof === field.oneof && field.oneof >= 0)
      .map((other) => `${other.name} = undefined; `)
      .join('');
    const wire = field.delimited ? 3 : wireType(field.type);
    const store = field.repeated ? `${name}.push(${read});` : `${name} = ${read}; ${clear}`.trimEnd();
    w.line(`case ${tagOf(field, wire)}: ${store} break;`);
    if (!field.repeated || wire === 2 || wire === 3) return;
    w.block(`case ${tagOf(field, 2)}:`, () => {
      w.line('const stop = r.stop();');
      w.line(`while (r.at < stop) ${name}.push(${read});`);
      w.line(`if (r.at !== stop) r.fail('unexpected end');`);
      w.line('break;');
    });
  }

  #read(field: FieldLayout, variable: string): string {
    if (field.message === null) return this.#number(field.type, `r.${readers[field.type as ScalarType]}()`);
    const read = this.#functionOf(field.message);
    // A member of a oneof that is not set is undefined.
    const before = field.repeated ? 'null' : field.oneof < 0 ? variable : `${variable} ?? null`;
    if (field.delimited) return `${read}(r, r.limit, ${before}, ${tagOf(field, 4)})`;
    return `${read}(r, r.stop(), ${before}, 0)`;
  }

  #number(type: FieldType, code: string): string {
    return this.#tagged && intTypes.has(type) ? `BigInt(${code})` : code;
  }

  #functionOf(message: MessageLayout): string {
    const known = this.#functions.get(message);
    if (known !== undefined) return known;
    const name = `message${this.#functions.size}`;
    this.#functions.set(message, name);
    return name;
  }

  #unset({ unset, repeated, kind }: FieldLayout): string {
    if (unset === undefined || unset === null) return String(unset);
    if (repeated) return '[]';
    const value = this.#tagged ? tagValue(unset, kind) : unset;
    return this.#w.bind('unset', value);
  }
}

function rowLiteral(wanted: readonly WantedField[], variables: ReadonlyMap<FieldLayout, Variable>): string {
  const members = wanted.map(({ output, field }) => {
    // A computed name is a member like any other, whatever it is.
    const value = field === null ? 'undefined' : variables.get(field)?.name;
    return `[${JSON.stringify(output)}]: ${value}`;
  });
  return `{ ${members.join(', ')} }`;
}

function tagOf({ number }: FieldLayout, wire: number): number {
  return ((number << 3) | wire) >>> 0;
}

type ScalarType = Exclude<FieldType, 'message'>;

const readers: Readonly<Record<ScalarType, keyof WireReader>> = {
  double: 'double',
  float: 'float',
  int32: 'int32',
  uint32: 'uint32',
  sint32: 'sint32',
  fixed32: 'fixed32',
  sfixed32: 'sfixed32',
  int64: 'int64',
  uint64: 'int64',
  sint64: 'sint64',
  fixed64: 'fixed64',
  sfixed64: 'fixed64',
  bool: 'bool',
  enum: 'int32',
  string: 'string',
  bytes: 'bytes',
};

const intTypes: ReadonlySet<FieldType> = new Set([
  'int32',
  'uint32',
  'sint32',
  'fixed32',
  'sfixed32',
  'int64',
  'uint64',
  'sint64',
  'fixed64',
  'sfixed64',
  'enum',
]);
