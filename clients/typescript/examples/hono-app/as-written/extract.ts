// Takes the code of the guide out of its text, unchanged, file by file:
//
//   deno run --allow-read --allow-write as-written/extract.ts GUIDE.md FOLDER
//
// A block of code belongs to the file that its first line names. Only what the client replaces (src/db/client.ts) and
// what the guide leaves out (the migrations of tables that it uses) is put beside it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { migrations } from '../src/db/migrations.ts';

const [guide, folder] = process.argv.slice(2);
if (!guide || !folder) {
  console.error('usage: extract.ts GUIDE.md FOLDER');
  process.exit(2);
}

/** The guide has four apps, each in a file of this name. They get names of their own, in their order. */
const apps = ['src/simple.ts', 'src/index.ts', 'src/multi-tenant.ts', 'src/error-handling.ts'];

/** Without these the apps cannot run. */
const needed = [
  ...apps,
  'src/middleware/db.ts',
  'src/middleware/auth.ts',
  'src/middleware/logging.ts',
  'src/middleware/rateLimit.ts',
  'src/routes/users.ts',
  'src/routes/posts.ts',
  'src/routes/orders.ts',
  'src/routes/bulk.ts',
  'src/routes/events.ts',
  'src/routes/ws.ts',
  'src/errors.ts',
  'src/durable-objects/database.ts',
  '.do/migrations/004_create_rate_limits.sql',
];

const written = new Set<string>();
function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  written.add(path);
}

let appsFound = 0;
for (const [, body] of readFileSync(guide, 'utf8').matchAll(/^```(?:typescript|sql)\n(.*?)^```$/gms)) {
  const [, named] = /^(?:\/\/|--) (\S+\.(?:ts|sql))$/m.exec(body.slice(0, body.indexOf('\n'))) ?? [];
  if (!named || named === 'src/db/client.ts') continue;
  write(named === 'src/index.ts' ? apps[appsFound++] : named, body);
}

const missing = needed.filter((path) => !written.has(path));
if (missing.length > 0) {
  console.error(`${guide} has no block for ${missing.join(', ')}`);
  process.exit(1);
}

write('src/db/client.ts', "export { createDBClient, type DBClient } from '@dotdo/dosql';\n");
// The guide's own four come first; of rate_limits it has a table of its own.
for (const { id, sql } of migrations) if (id > '005') write(`.do/migrations/${id}.sql`, sql);

console.log(`${written.size} files in ${folder}`);
