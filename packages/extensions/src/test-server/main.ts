/**
 * What `kuiper plugin test` runs:
 *
 *     main.js portable <manifest> [--run] [--port <port>] [--python <program>]
 *     main.js native <folder> <module>
 *
 * and what `kuiper plugin pack` runs for plugins in TypeScript:
 *
 *     main.js compile <folder> <module> <target>
 */
import { parseArgs } from 'node:util';
import { errorText } from '@kuiper/base';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { run: { type: 'boolean' }, port: { type: 'string' }, python: { type: 'string' } },
  });
  const [kind, path = '', module = '', target = ''] = positionals;
  if (kind === 'native') {
    const { runNativeTests } = await import('./run-native-tests.ts');
    return runNativeTests(path, module, interrupt.signal);
  }
  if (kind === 'compile') {
    const { compileFolder } = await import('./run-native-tests.ts');
    process.stdout.write(`${await compileFolder(path, module, target)}\n`);
    return 0;
  }
  const port = Number(values.port ?? 33_333);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${values.port} is no port`);
  const { servePortable } = await import('./serve-portable.ts');
  await servePortable({
    manifest: path,
    run: values.run === true,
    port,
    pythonBin: values.python ?? 'python3',
    print: (line) => process.stdout.write(`${line}\n`),
    signal: interrupt.signal,
  });
  return 0;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(1);
  },
);
