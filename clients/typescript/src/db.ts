import { createDBClient } from './create.ts';
import type { ClientOptions } from './settings.ts';
import type { Database } from './database.ts';
import { folderMigrations } from './folder.ts';
import type { ServerTarget } from './target.ts';
import type { Migration } from './types.ts';
import { invalid } from './values.ts';

/** Options of {@link DB}. */
export interface DBOptions extends ClientOptions, Partial<Omit<ServerTarget, 'tenant'>> {
  /** Migrations inline, from a function, or in a folder of `NNN_name.sql` files where there is a file system. */
  migrations?: readonly Migration[] | { folder: string } | (() => readonly Migration[] | Promise<readonly Migration[]>);
  /** `hot` has no effect: the server holds the data. `cold` is refused, since there is no cold storage yet. */
  storage?: { hot?: unknown; cold?: unknown };
}

/**
 * Opens a tenant's database, as the guide does, and brings it to its migrations first.
 *
 * @param name the tenant's.
 * @param options `url` is the environment's `DOSQL_URL` unless it is given, `token` its `DOSQL_TOKEN`.
 * @throws DoSQLError `CONFIGURATION` without a URL; `UNSUPPORTED` for cold storage; what `Database.migrate` throws.
 */
export async function DB(name: string, options: DBOptions = {}): Promise<Database> {
  const { migrations, storage, ...rest } = options;
  if (storage?.cold != null) {
    throw invalid('storage.cold is not supported yet', 'UNSUPPORTED');
  }
  const environment = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env;
  const url = rest.url ?? environment?.DOSQL_URL;
  if (!url) throw invalid('no server: pass url, or set DOSQL_URL', 'CONFIGURATION');
  const token = rest.token ?? (rest.url ? undefined : environment?.DOSQL_TOKEN);
  const db = createDBClient({ ...rest, url, token, tenant: name });
  if (migrations) {
    const list = typeof migrations == 'function' ? await migrations() : migrations;
    await db.migrate('folder' in list ? folderMigrations(list.folder) : list);
  }
  return db;
}
