/** TypeScript to JavaScript, in a thread that ends with the work: the compiler takes 30 MB that a server has better uses for. */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { errorText } from '@kuiper/base';
import { nativeErrors } from './errors.ts';

interface Answer {
  readonly file: string;
  readonly code: string | null;
  readonly why: string;
}

/** Plain JavaScript, as threads start with. */
const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { transformSync } = require(workerData.compiler);
  for (const [file, text] of workerData.files) {
    try {
      /* In .cts files 'import x = require()' and 'export =' are what CommonJS has. */
      const transform = { importExportAssignConfig: file.endsWith('.cts') ? 'Classic' : 'NodeNext' };
      const options = { filename: file, mode: 'transform', module: true, sourceMap: false, transform };
      parentPort.postMessage({ file, code: transformSync(text, options).code, why: '' });
    } catch (error) {
      const { message = String(error), startLine } = error ?? {};
      parentPort.postMessage({ file, code: null, why: startLine === undefined ? message : 'line ' + startLine + ': ' + message });
    }
  }`;

/** The texts of files without their types. Throws `cannot read <file>: line <n>: <why>`. */
export function stripTypes(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  if (files.size === 0) return Promise.resolve(files);
  const compiler = createRequire(import.meta.url).resolve('@swc/wasm-typescript');
  const found = new Map<string, string>();
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { eval: true, execArgv: [], workerData: { compiler, files: [...files] } });
    worker.on('message', ({ file, code, why }: Answer) => {
      if (code === null) reject(nativeErrors.SYNTAX(file, why));
      else found.set(file, code);
    });
    worker.on('error', (error) => reject(nativeErrors.SYNTAX([...files.keys()].join(', '), errorText(error))));
    worker.on('exit', () => resolve(found));
  });
}
