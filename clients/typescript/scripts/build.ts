/**
 * Makes the npm package in dist/: `package/` with JavaScript and declarations, and the same as `dosql.tgz`.
 * Run with `deno run -A scripts/build.ts`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stage = mkdtempSync(join(tmpdir(), 'dosql-build-'));
try {
  for (const name of ['src', 'deno.json', 'README.md']) {
    cpSync(join(root, name), join(stage, name), { recursive: true });
  }
  cpSync(join(root, '../../LICENSE'), join(stage, 'LICENSE'));
  const pack = ['pack', '--quiet', '--allow-dirty', '--no-source-maps', '--output', 'stage.tgz'];
  // Types that are not exported are none of the package's: it says so of each.
  execFileSync(process.execPath, pack, { cwd: stage, stdio: ['ignore', 'inherit', 'ignore'] });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  execFileSync('tar', ['-xzf', join(stage, 'stage.tgz'), '-C', dist]);
} finally {
  rmSync(stage, { recursive: true, force: true });
}
const file = join(dist, 'package/package.json');
const { description, license, sideEffects, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const made = JSON.parse(readFileSync(file, 'utf8'));
writeFileSync(file, JSON.stringify({ ...made, description, license, sideEffects, engines }, null, 2) + '\n');
execFileSync('tar', ['-czf', join(dist, 'dosql.tgz'), '-C', dist, 'package']);
console.log(`dist/dosql.tgz: ${made.name} ${made.version}`);
