/**
 * The Python servers of `examples/`. Where Python lacks what they need, tests are skipped, saying so; where `CI` is true
 * they fail instead.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const candidates = [process.env['KUIPER_TEST_PYTHON'], 'python3', 'python'].filter((name) => name !== undefined);
const packages = 'grpcio grpcio-tools msgpack';
const python = candidates.find((name) => spawnSync(name, ['-c', 'import grpc, grpc_tools, msgpack']).status === 0);

/** Why they cannot run here, null when they can. */
export const pythonMissing: string | null =
  python === undefined
    ? `install the Python packages ${packages} (pip install ${packages}); KUIPER_TEST_PYTHON names another Python`
    : null;

if (pythonMissing !== null) {
  if (process.env['CI'] === 'true') throw new Error(pythonMissing);
  console.warn(`skipped: ${pythonMissing}`);
}

export class PythonServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  /** @param port 0 for any that is free */
  static async start(example: string, port = 0, args: readonly string[] = []): Promise<PythonServer> {
    const script = fileURLToPath(new URL(`../../examples/${example}/server.py`, import.meta.url));
    const child = spawn(python ?? 'python3', [script, String(port), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const listens = await new Promise<number>((resolve, reject) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
    return new PythonServer(listens, child);
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await exited;
  }
}
