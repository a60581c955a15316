// The command line of the checker; README.md says what an app must provide.
import process from 'node:process';
import { App } from './app.ts';
import { Database } from './database.ts';
import { readOptions, usage, UsageError } from './options.ts';
import { Context, Skipped } from './part.ts';
import { parts } from './parts/index.ts';

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const unknown = options.only.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) throw new UsageError(`no such part: ${unknown.join(', ')}`);

  const database = options.database === undefined ? undefined : new Database(options.database);
  const app = new App(options.app);
  const context = new Context(app, database, options.asWritten);
  const left = options.asWritten ? 'mended' : 'written';
  const counts = { passed: 0, failed: 0, skipped: 0 };

  if (!options.list) {
    // An app brings a tenant to its migrations with the first request, and the tables are needed from the first check on.
    await app.get('/health').catch((error) => {
      throw new UsageError(`nobody answers at ${options.app}: ${error.cause?.message ?? error.message}`);
    });
  }

  for (const part of parts) {
    if (options.only.length > 0 && !options.only.includes(part.name)) continue;
    for (const check of part.checks) {
      if (check.holdsFor === left) continue;
      const line = `${part.name.padEnd(12)} ${check.items.padEnd(8)} ${check.name}`;
      if (options.list) {
        console.log(line);
        continue;
      }
      try {
        await check.run(context);
        counts.passed += 1;
        console.log(`ok    ${line}`);
      } catch (error) {
        const skipped = error instanceof Skipped;
        counts[skipped ? 'skipped' : 'failed'] += 1;
        console.log(`${skipped ? 'skip ' : 'FAIL '} ${line}: ${(error as Error).message}`);
      }
    }
  }
  if (options.list) return 0;
  console.log(
    `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
  );
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\nusage: ${usage}`);
  process.exitCode = 2;
}
