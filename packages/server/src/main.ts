/** `kuiperd`. */
import { errorText } from '@kuiper/base';
import { collectGarbageSoon } from '@kuiper/host';
import { findDirectories } from './config/directories.ts';
import { readFlags, usage } from './config/flags.ts';
import { type KuiperServer, startServer } from './server.ts';
import { version } from './version.ts';

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.version) {
    process.stdout.write(`kuiperd ${version}\n`);
    return;
  }
  if (flags.help || flags.unknown.length > 0) process.stdout.write(usage);
  if (flags.help) return;
  const directories = await findDirectories(flags, process.env, process.cwd());
  const early: { exitCode: number | null } = { exitCode: null };
  let server: KuiperServer | null = null;
  const end = (exitCode: number): void => {
    if (early.exitCode !== null) return;
    early.exitCode = exitCode;
    if (server !== null) void shutDown(server, exitCode);
  };
  process.on('SIGINT', () => end(0));
  process.on('SIGTERM', () => end(0));
  server = await startServer({ directories, environment: process.env, onShutDown: end });
  if (early.exitCode !== null) return shutDown(server, early.exitCode);
  const line = `Serving kuiper (version - ${version}), and restful api on ${server.restUrl}.`;
  process.stdout.write(`${line}\n`);
  server.services.logger.info(line);
  void server.recovered.then(collectGarbageSoon);
}

/** Bounded: what has not come to its end by then ends with the process. */
async function shutDown(server: KuiperServer, exitCode: number): Promise<void> {
  const limitMs = server.services.config.basic.gracefulShutdownTimeout;
  setTimeout(() => process.exit(exitCode), limitMs).unref();
  await server.close();
  process.exit(exitCode);
}

main().catch((error: unknown) => {
  process.stderr.write(`kuiperd cannot start: ${errorText(error)}\n`);
  process.exit(1);
});
