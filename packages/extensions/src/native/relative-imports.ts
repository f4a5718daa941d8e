/** What a module names by a relative path, found in its text. */
import { dirname, extname, posix } from 'node:path';

const pattern = /(\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])(\.{1,2}\/[^'"\n]*)\2/g;

const compiled: Readonly<Record<string, string>> = { '.ts': '.mjs', '.mts': '.mjs', '.cts': '.cjs' };

/** The name that a module has once its types are out. */
export function compiledName(path: string): string {
  const extension = extname(path);
  const target = compiled[extension];
  return target === undefined ? path : path.slice(0, -extension.length) + target;
}

/**
 * The files a module imports, with `/`, relative to the same root as its own path.
 * @param exists whether there is such a file
 */
export function relativeImports(path: string, text: string, exists: (path: string) => boolean): string[] {
  const found: string[] = [];
  for (const [, , , specifier = ''] of text.matchAll(pattern)) {
    const file = resolveImport(path, specifier, exists);
    if (file !== null) found.push(file);
  }
  return found;
}

/** The text with imports that name the compiled files. */
export function compileImports(path: string, text: string, exists: (path: string) => boolean): string {
  return text.replaceAll(pattern, (whole, lead: string, quote: string, specifier: string) => {
    const file = resolveImport(path, specifier, exists);
    if (file === null) return whole;
    const target = posix.relative(dirname(path), compiledName(file));
    return `${lead}${quote}${target.startsWith('.') ? target : `./${target}`}${quote}`;
  });
}

/** As TypeScript does: `./x`, `./x.js` and `./x.ts` may all mean `x.ts`. */
function resolveImport(path: string, specifier: string, exists: (path: string) => boolean): string | null {
  const plain = posix.join(dirname(path), specifier);
  const stem = plain.replace(/\.([cm]?)js$/, '');
  const candidates = [plain, `${plain}.ts`, `${plain}.mjs`, `${plain}.js`, `${stem}.ts`, `${stem}.mts`, `${stem}.cts`];
  return candidates.find((candidate) => !candidate.startsWith('..') && exists(candidate)) ?? null;
}
