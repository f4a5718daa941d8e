/** SQLite as Python brings it, in one process: a line of JSON with a statement in, a line with its rows out. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const python = 'python3';

const script = `
import json, sqlite3, sys
db = sqlite3.connect(':memory:')
for line in sys.stdin:
    try:
        answer = {'rows': db.execute(json.loads(line)).fetchall()}
    except Exception as error:
        answer = {'error': str(error)}
    print(json.dumps(answer), flush=True)
`;

/** Under CI a missing SQLite is a failure, elsewhere the tests that need it are skipped. */
export function hasSqlite(): boolean {
  try {
    execFileSync(python, ['-c', 'import sqlite3; sqlite3.connect(":memory:").execute("select sqrt(2), log10(2)")'], {
      stdio: 'pipe',
    });
    return true;
  } catch {
    const how = 'install the Debian package python3, whose SQLite has mathematical functions';
    if (process.env.CI === 'true') throw new Error(`SQLite is missing: ${how}`);
    console.warn(`skipped: SQLite is missing, ${how}`);
    return false;
  }
}

export type SqliteValue = number | string | null;

export class Sqlite {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    this.#child = spawn(python, ['-c', script]);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** One statement at a time. */
  async rows(sql: string): Promise<readonly (readonly SqliteValue[])[]> {
    this.#child.stdin.write(`${JSON.stringify(sql)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('SQLite has ended');
    const answer = JSON.parse(value) as { rows?: SqliteValue[][]; error?: string };
    if (answer.rows === undefined) throw new Error(`SQLite: ${answer.error} in ${sql}`);
    return answer.rows;
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    await exited;
  }
}
