import type { Database } from '@dotdo/dosql';

/** What the app is configured with: bindings on Workers, the environment's variables elsewhere. */
export interface Bindings {
  /** The DoSQL server: `https://dosql.example.com`. */
  DOSQL_URL: string;
  /** Its token, where it wants one. */
  DOSQL_TOKEN?: string;
  /** The domain whose subdomains are tenants. Without it everybody is the tenant `default`. */
  BASE_DOMAIN?: string;
  /** The header in which a proxy in front of the app, and nobody else, writes the client's address. */
  CLIENT_ADDRESS_HEADER?: string;
  /** Origins that browsers may call from, by commas. Default: any. */
  CORS_ORIGINS?: string;
}

/** Who sends a request. */
export interface User {
  id: number;
  name: string;
  email: string;
  role: string;
}

/** What `c.env` and `c.get` have. */
export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    db: Database;
    tenantId: string;
    user: User;
  };
}
