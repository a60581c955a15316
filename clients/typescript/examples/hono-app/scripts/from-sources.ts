// Where no registry can be reached: writes a Deno configuration under which this app runs on checkouts of what it needs.
//
//   HONO_SOURCE=…/hono/src ZOD_SOURCE=…/zod/packages/zod/src ZOD_VALIDATOR_SOURCE=…/middleware/packages/zod-validator/src \
//     deno run --allow-env --allow-read --allow-write scripts/from-sources.ts /tmp/hono-app
//   deno run --config /tmp/hono-app/deno.json --allow-net --allow-env src/servers/deno.ts
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A checkout's sources; the program ends if there are none. */
function source(variable: string): string {
  const folder = process.env[variable];
  if (!folder || !existsSync(join(folder, 'index.ts'))) {
    console.error(`${variable} is no folder of sources: ${folder ?? 'it is not set'}`);
    process.exit(1);
  }
  return resolve(folder);
}

const url = (...path: string[]) => pathToFileURL(join(...path)).href;

const folder = process.argv[2];
if (!folder) {
  console.error('where to? scripts/from-sources.ts FOLDER');
  process.exit(1);
}
mkdirSync(folder, { recursive: true });

const [hono, zod, zodValidator] = ['HONO_SOURCE', 'ZOD_SOURCE', 'ZOD_VALIDATOR_SOURCE'].map(source);
// Deno would take its checkout, which is a workspace, for a part of this one; it is a single file, though.
const validator = join(resolve(folder), 'zod-validator.ts');
copyFileSync(join(zodValidator, 'index.ts'), validator);

const app = dirname(dirname(fileURLToPath(import.meta.url)));
const client = join(app, '../../src');
const imports: Record<string, string> = {
  '@dotdo/dosql': url(client, 'index.ts'),
  '@hono/zod-validator': url(validator),
  zod: url(zod, 'index.ts'),
  'zod/v3': url(zod, 'v3/index.ts'),
  'zod/v4': url(zod, 'v4/index.ts'),
  'zod/v4/core': url(zod, 'v4/core/index.ts'),
};
for (const name of ['hono', 'testing', 'websocket']) imports[`@dotdo/dosql/${name}`] = url(client, `${name}.ts`);

// Hono's package.json says which file each of its exports is built from.
const { exports } = JSON.parse(readFileSync(join(hono, '../package.json'), 'utf8'));
for (const [name, { import: built }] of Object.entries<{ import?: string }>(exports)) {
  if (!built) continue;
  const file = built.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts');
  if (file.endsWith('*.ts')) imports[join('hono', name).slice(0, -1)] = url(hono, file.slice(0, -4));
  else if (existsSync(join(hono, file))) imports[join('hono', name)] = url(hono, file);
}

const { compilerOptions } = JSON.parse(readFileSync(join(app, 'deno.json'), 'utf8'));
// Their imports have no endings.
const configuration = { imports, compilerOptions, unstable: ['sloppy-imports'] };
writeFileSync(join(folder, 'deno.json'), JSON.stringify(configuration, null, 2));
