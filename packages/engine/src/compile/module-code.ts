/**
 * The source text of a program: functions that share bound constants, and values made once per run.
 *
 * `(rt) => { …per run…; function f0(…) {…} …; return [f0, …]; }`
 */
import { CodeWriter } from '@kuiper/base';
import { Bindings, runCode } from './bindings.ts';
import { FunctionBody, PlaceTable } from './function-body.ts';
import type { Runtime } from './runtime.ts';

/** The caller knows the signature of the function it has made. */
export type AnyFunction = (...args: never[]) => unknown;

export class ModuleCode {
  readonly bindings: Bindings = new Bindings();
  readonly places: PlaceTable;
  private readonly perRunCode = new Map<string, string>();
  private readonly functions: CodeWriter[] = [];

  constructor(places: PlaceTable) {
    this.places = places;
  }

  /** Declares a value made once per run; `code` sees `rt`. */
  perRun(name: string, code: string): string {
    this.perRunCode.set(name, code);
    return name;
  }

  /** Adds a function and returns its number. `build` writes its statements. */
  add(parameters: string, build: (body: FunctionBody, writer: CodeWriter) => void): number {
    const body = new FunctionBody(this.bindings, this.places);
    const statements = new CodeWriter(2);
    build(body, statements);
    const text = new CodeWriter(1);
    const number = this.functions.length;
    text.block(`function f${number}(${parameters})`, () => {
      body.declare(text);
      text.insert(statements);
    });
    this.functions.push(text);
    return number;
  }

  get text(): string {
    const writer = new CodeWriter();
    writer.block(
      'return (rt) =>',
      () => {
        for (const [name, code] of this.perRunCode) writer.line(`const ${name} = ${code};`);
        for (const text of this.functions) writer.insert(text);
        writer.line(`return [${this.functions.map((_, i) => `f${i}`).join(', ')}];`);
      },
      ';',
    );
    return writer.text;
  }

  /** Turns the text into machine-compilable functions, once per program. */
  link(): (rt: Runtime) => AnyFunction[] {
    return runCode(this.text, this.bindings) as (rt: Runtime) => AnyFunction[];
  }
}
