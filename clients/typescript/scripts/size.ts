/**
 * What a bundle takes of the client: minified by esbuild, gzipped. Fails where an entry is beyond the bound.
 * Run with `deno run -A scripts/size.ts` or Node 24.
 */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** Bytes that each entry may take by itself. */
const bytesMax = 8192;

const root = fileURLToPath(new URL('..', import.meta.url));
const sizes: [what: string, source: string, isBounded: boolean][] = [
  ['@dotdo/dosql, all of it', "export * from './src/index.ts'", true],
  ['createDBClient alone', "export { createDBClient } from './src/index.ts'", true],
  ['@dotdo/dosql/websocket', "export * from './src/websocket.ts'", true],
  ['@dotdo/dosql/hono', "export * from './src/hono.ts'", true],
  [
    'all three together',
    "export * from './src/index.ts';export * from './src/websocket.ts';export * from './src/hono.ts'",
    false,
  ],
];
// Hono's module in one file, where there is one.
const hono = process.env.DOSQL_HONO;
if (hono) sizes.push(['and with Hono', `${sizes.at(-1)![1]};export { Hono } from '${hono}'`, false]);
let failed = false;
for (const [what, source, isBounded] of sizes) {
  const flags = ['--bundle', '--minify', '--format=esm', '--target=es2022', '--platform=neutral'];
  // Whatever is imported must be here: an import of anything else is an error.
  const code = execFileSync('esbuild', flags, { cwd: root, input: source, stdio: ['pipe', 'pipe', 'inherit'] });
  const bytes = gzipSync(code, { level: 9 }).length;
  const isBeyond = isBounded && bytes > bytesMax;
  failed ||= isBeyond;
  console.log(
    `${what.padEnd(28)}${code.length.toLocaleString('en').padStart(8)} bytes minified${
      bytes.toLocaleString('en').padStart(8)
    } gzipped${isBeyond ? `, ${bytesMax} are allowed` : ''}`,
  );
}
process.exit(failed ? 1 : 0);
