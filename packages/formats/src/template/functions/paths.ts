/** Functions of paths with slashes. Source: behaviour spec, io §7.5. */
import { posix } from 'node:path';
import { declare, type FunctionTable, type TemplateFunction } from '../function-table.ts';

/** Without a final slash, empty for nothing. */
function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

function base(path: string): string {
  if (path === '') return '.';
  return posix.basename(path) || '/';
}

function dir(path: string): string {
  return clean(path.slice(0, path.lastIndexOf('/') + 1));
}

function ext(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

const functions: Readonly<Record<string, TemplateFunction>> = {
  base: declare('string', base),
  dir: declare('string', dir),
  clean: declare('string', clean),
  ext: declare('string', ext),
  isAbs: declare('string', (path: string) => path.startsWith('/')),
};

export const pathFunctions: FunctionTable = {
  ...functions,
  osBase: functions['base'] as TemplateFunction,
  osDir: functions['dir'] as TemplateFunction,
  osClean: functions['clean'] as TemplateFunction,
  osExt: functions['ext'] as TemplateFunction,
  osIsAbs: functions['isAbs'] as TemplateFunction,
};
