/** Where the server keeps its files, made where missing. Source: behaviour spec, rest-cli-config §10. */
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorText } from '@kuiper/base';
import { serverErrors } from '../errors.ts';
import type { Environment } from './environment.ts';
import type { Flags } from './flags.ts';
import { shippedFiles } from './shipped-files.ts';

export interface Directories {
  /** Relative paths of users start here. */
  readonly root: string;
  readonly etc: string;
  readonly data: string;
  readonly log: string;
  readonly plugins: string;
}

const system: Directories = {
  root: '/',
  etc: '/etc/kuiper',
  data: '/var/lib/kuiper/data',
  log: '/var/log/kuiper',
  plugins: '/var/lib/kuiper/plugins',
};

/** Finds the directories of an installation; touches nothing. */
export async function findDirectories(flags: Flags, environment: Environment, cwd: string): Promise<Directories> {
  if (flags.loadFileType === 'absolute') {
    return {
      root: cwd,
      etc: flags.etc ?? system.etc,
      data: flags.data ?? system.data,
      log: flags.log ?? system.log,
      plugins: flags.plugins ?? system.plugins,
    };
  }
  const base = environment.KuiperBaseKey;
  const root = base !== undefined && base !== '' ? resolve(cwd, base) : await installationAbove(cwd);
  return { root, ...inside(root) };
}

function inside(root: string): Omit<Directories, 'root'> {
  return { etc: join(root, 'etc'), data: join(root, 'data'), log: join(root, 'log'), plugins: join(root, 'plugins') };
}

/** The nearest directory upward that holds `etc/kuiper.yaml`, else where we are. */
async function installationAbove(cwd: string): Promise<string> {
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    if (await exists(join(directory, 'etc', 'kuiper.yaml'))) return directory;
    if (dirname(directory) === directory) return resolve(cwd);
  }
}

/** Makes what is missing; a missing `kuiper.yaml` is written together with the other shipped files. */
export async function prepareDirectories(directories: Directories): Promise<void> {
  const { etc, data, log, plugins } = directories;
  const folders = [etc, log, plugins, join(data, 'uploads'), join(etc, 'mgmt'), join(plugins, 'portable')];
  for (const folder of folders) await make(folder);
  if (await exists(join(etc, 'kuiper.yaml'))) return;
  for (const [name, text] of Object.entries(shippedFiles)) {
    const path = join(etc, name);
    await make(dirname(path));
    await writeFile(path, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw serverErrors.DIRECTORY(etc, errorText(error), { cause: error });
    });
  }
}

async function make(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw serverErrors.DIRECTORY(directory, errorText(error), { cause: error });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
