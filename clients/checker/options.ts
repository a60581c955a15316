/** What the command line asks for. */
export interface Options {
  /** The running app. */
  app: string;
  /** The database behind it, as `http://HOST:PORT/t/TENANT`; without it, checks that need it are skipped. */
  database?: string;
  /** Names of parts; all of them if there are none. */
  only: string[];
  /** Leave out what mends the guide. */
  asWritten: boolean;
  /** Print the checks and run none. */
  list: boolean;
}

export const usage = 'checker URL [--database http://HOST:PORT/t/TENANT] [--only part,part] [--as-written] [--list]';

/** A command line that cannot be followed. */
export class UsageError extends Error {}

/** Reads the arguments behind the program's name; throws `UsageError`. */
export function readOptions(args: string[]): Options {
  const options: Options = { app: '', only: [], asWritten: false, list: false };
  const rest = [...args];
  const value = (option: string) => rest.shift() ?? fail(`${option} needs a value`);

  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--database') options.database = url(value(arg));
    else if (arg === '--only') options.only.push(...value(arg).split(',').filter((part) => part !== ''));
    else if (arg === '--as-written') options.asWritten = true;
    else if (arg === '--list') options.list = true;
    else if (arg.startsWith('-')) fail(`unknown option ${arg}`);
    else if (options.app === '') options.app = url(arg);
    else fail(`one app at a time: ${arg}`);
  }
  if (options.app === '' && !options.list) fail('which app?');
  if (options.database !== undefined && !/\/t\/[^/]+$/.test(options.database)) {
    fail(`the database's address ends in /t/TENANT: ${options.database}`);
  }
  return options;
}

function url(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) fail(`no http address: ${text}`);
  return text.replace(/\/+$/, '');
}

function fail(message: string): never {
  throw new UsageError(message);
}
