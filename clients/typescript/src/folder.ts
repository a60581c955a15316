import type { Migration } from './types.ts';
import { invalid } from './values.ts';

/** What is used of `node:fs`. */
interface FileSystem {
  readdirSync(path: string): string[];
  readFileSync(path: string, encoding: 'utf8'): string;
}

/**
 * The migrations of a folder: its `*.sql` files, each called by its name without the ending.
 *
 * @throws DoSQLError `CONFIGURATION` where the runtime has no file system, or the folder has no such file.
 */
export function folderMigrations(folder: string): Migration[] {
  // Asked for in this way no bundler looks for it.
  const process = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
  const files = process?.getBuiltinModule?.('node:fs') as FileSystem | undefined;
  if (!files?.readdirSync) {
    throw invalid('no file system here: give the migrations inline', 'CONFIGURATION');
  }
  const names = files.readdirSync(folder).filter((name) => name.endsWith('.sql')).sort();
  if (!names.length) throw invalid(`there are no .sql files in ${folder}`, 'CONFIGURATION');
  return names.map((name) => ({ id: name.slice(0, -4), sql: files.readFileSync(`${folder}/${name}`, 'utf8') }));
}
