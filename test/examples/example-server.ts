/** A server with an example installed on it, and rules that say what its functions give. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipArchive } from '../../packages/extensions/testing/zip-archive.ts';
import { Kuiperd } from '../support/kuiperd.ts';

export interface Question {
  /** Columns of the stream, as in CREATE STREAM. */
  readonly columns?: string;
  readonly format: 'json' | 'binary';
  readonly sql: (stream: string) => string;
  /** One event each. */
  readonly bodies: readonly (Uint8Array | string)[];
}

export class ExampleServer {
  readonly kuiperd: Kuiperd;
  #questions = 0;

  private constructor(kuiperd: Kuiperd) {
    this.kuiperd = kuiperd;
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<ExampleServer> {
    return new ExampleServer(await Kuiperd.start({ env }));
  }

  stop(): Promise<void> {
    return this.kuiperd.stop();
  }

  /** As `npm install --prefix data` would have put them. */
  linkPackages(modules: string): void {
    symlinkSync(modules, join(this.kuiperd.directory, 'data', 'node_modules'), 'junction');
  }

  /** @param beside files that go into the archive with those of the example */
  async install(name: string, more: object = {}, beside: Readonly<Record<string, Buffer>> = {}): Promise<void> {
    const folder = new URL(`../../examples/${name}/`, import.meta.url);
    const own = readdirSync(folder)
      .filter((file) => file !== 'README.md')
      .map((file) => [file, readFileSync(new URL(file, folder))] as const);
    const path = join(this.kuiperd.directory, `${name}.zip`);
    writeFileSync(path, zipArchive({ ...Object.fromEntries(own), ...beside }));
    await this.kuiperd.must('POST', '/plugins/functions', { name, file: `file://${path}`, ...more });
  }

  async uninstall(name: string): Promise<void> {
    await this.kuiperd.must('DELETE', `/plugins/functions/${name}`);
  }

  upload(name: string, content: Uint8Array): void {
    const folder = join(this.kuiperd.directory, 'data', 'uploads');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), content);
  }

  /** What a rule gives for events: a row each, or the text of its error. */
  async ask(question: Question): Promise<(Record<string, unknown> | string)[]> {
    const { length: count } = question.bodies;
    const lines = await this.#run(question, {}, (content) => {
      const written = content.toString().split('\n');
      return written.length < count || content.length === 0 ? undefined : written;
    });
    return lines.map((line) => (line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : line));
  }

  /** What a rule writes that sends its column `self` as it is. */
  askBytes(question: Question, isComplete: (content: Buffer) => boolean): Promise<Buffer> {
    return this.#run(question, { format: 'binary' }, (content) => (isComplete(content) ? content : undefined));
  }

  async #run<T>(question: Question, props: object, read: (content: Buffer) => T | undefined): Promise<T> {
    const { columns = '', format, sql, bodies } = question;
    const id = `q${++this.#questions}`;
    const path = join(this.kuiperd.directory, `${id}.out`);
    const { kuiperd } = this;
    const options = `TYPE="httppush", DATASOURCE="/${id}", FORMAT="${format}"`;
    await kuiperd.must('POST', '/streams', { sql: `CREATE STREAM ${id} (${columns}) WITH (${options})` });
    await kuiperd.must('POST', '/rules', {
      id,
      sql: sql(id),
      actions: [{ file: { path, fileType: 'lines', sendSingle: true, ...props } }],
      options: { sendError: true },
    });
    try {
      for (const body of bodies) await this.#push(`/${id}`, body);
      return await whenWritten(path, read);
    } catch (error) {
      throw new Error(`${await kuiperd.must('GET', `/rules/${id}/status`)}\n${kuiperd.log}`, { cause: error });
    } finally {
      await kuiperd.must('DELETE', `/rules/${id}`);
      await kuiperd.must('DELETE', `/streams/${id}`);
    }
  }

  /** Until the rule listens. */
  async #push(path: string, body: Uint8Array | string): Promise<void> {
    for (let i = 0; i < 200; i++) {
      const { status } = await fetch(this.kuiperd.push + path, { method: 'POST', body: Buffer.from(body) });
      if (status === 200) return;
      await pause();
    }
    throw new Error(`nobody takes ${path}`);
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 25));

/** What `read` makes of a file as soon as it makes something of it. */
async function whenWritten<T>(path: string, read: (content: Buffer) => T | undefined): Promise<T> {
  let content = Buffer.alloc(0);
  for (let i = 0; i < 600; i++) {
    if (existsSync(path)) content = readFileSync(path);
    const result = read(content);
    if (result !== undefined) return result;
    await pause();
  }
  throw new Error(`not what was waited for: ${content.toString()}`);
}
