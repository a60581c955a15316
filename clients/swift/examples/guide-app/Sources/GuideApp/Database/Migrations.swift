import DoSQLClient

extension Migration {
    /// What each tenant's database is brought to before its first request. One that was deployed is never edited: add
    /// another.
    static let guide = [
        Migration(
            id: "001_create_users",
            sql: """
                CREATE TABLE users (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  name TEXT NOT NULL,
                  email TEXT UNIQUE NOT NULL,
                  bio TEXT,
                  role TEXT DEFAULT 'user',
                  created_at TEXT DEFAULT CURRENT_TIMESTAMP,
                  updated_at TEXT DEFAULT CURRENT_TIMESTAMP
                );
                CREATE INDEX idx_users_role ON users(role);
                CREATE INDEX idx_users_created_at ON users(created_at);
                """),
        Migration(
            id: "002_create_posts",
            sql: """
                CREATE TABLE posts (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  user_id INTEGER NOT NULL,
                  title TEXT NOT NULL,
                  content TEXT NOT NULL,
                  published BOOLEAN DEFAULT 0,
                  created_at TEXT DEFAULT CURRENT_TIMESTAMP,
                  updated_at TEXT DEFAULT CURRENT_TIMESTAMP,
                  FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
                );
                CREATE INDEX idx_posts_user_id ON posts(user_id);
                CREATE INDEX idx_posts_published ON posts(published, created_at);
                """),
        Migration(
            id: "003_create_sessions",
            sql: """
                CREATE TABLE sessions (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  user_id INTEGER NOT NULL,
                  token TEXT UNIQUE NOT NULL,
                  expires_at TEXT NOT NULL,
                  created_at TEXT DEFAULT CURRENT_TIMESTAMP,
                  FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
                );
                CREATE INDEX idx_sessions_user_id ON sessions(user_id);
                CREATE INDEX idx_sessions_expires_at ON sessions(expires_at);
                """),
        // One row an address, counted up in place: see Middleware/RateLimit.swift.
        Migration(
            id: "004_create_rate_limits",
            sql: """
                CREATE TABLE rate_limits (
                  key TEXT PRIMARY KEY,
                  count INTEGER NOT NULL,
                  reset_at INTEGER NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX idx_rate_limits_reset_at ON rate_limits(reset_at);
                """),
        Migration(id: "005_add_user_status", sql: "ALTER TABLE users ADD COLUMN status TEXT DEFAULT 'active'"),
        Migration(
            id: "006_create_orders",
            sql: """
                CREATE TABLE products (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  name TEXT NOT NULL,
                  price REAL NOT NULL,
                  stock INTEGER NOT NULL CHECK (stock >= 0),
                  created_at TEXT DEFAULT CURRENT_TIMESTAMP
                );
                CREATE TABLE orders (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  user_id INTEGER NOT NULL,
                  total REAL NOT NULL,
                  status TEXT DEFAULT 'pending',
                  created_at TEXT DEFAULT CURRENT_TIMESTAMP,
                  FOREIGN KEY (user_id) REFERENCES users(id)
                );
                CREATE INDEX idx_orders_user_id ON orders(user_id);
                CREATE TABLE order_items (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  order_id INTEGER NOT NULL,
                  product_id INTEGER NOT NULL,
                  quantity INTEGER NOT NULL,
                  price REAL NOT NULL,
                  FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE,
                  FOREIGN KEY (product_id) REFERENCES products(id)
                );
                CREATE INDEX idx_order_items_order_id ON order_items(order_id);
                CREATE INDEX idx_order_items_product_id ON order_items(product_id);
                """),
        Migration(
            id: "007_create_request_logs",
            sql: """
                CREATE TABLE request_logs (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  request_id TEXT UNIQUE NOT NULL,
                  tenant_id TEXT NOT NULL,
                  method TEXT NOT NULL,
                  path TEXT NOT NULL,
                  status INTEGER NOT NULL,
                  duration_ms INTEGER NOT NULL,
                  created_at TEXT DEFAULT CURRENT_TIMESTAMP
                );
                CREATE INDEX idx_request_logs_created_at ON request_logs(created_at);
                """),
        // What is inserted here is heard on the event stream and on the hub, whoever inserts it.
        Migration(
            id: "008_create_feeds",
            sql: """
                CREATE TABLE events (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  type TEXT NOT NULL,
                  data TEXT,
                  created_at TEXT DEFAULT CURRENT_TIMESTAMP
                );
                CREATE TABLE messages (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  channel TEXT NOT NULL,
                  data TEXT NOT NULL,
                  created_at TEXT DEFAULT CURRENT_TIMESTAMP
                );
                CREATE INDEX idx_messages_channel ON messages(channel);
                """),
        Migration(
            id: "009_create_tenant_settings",
            sql: """
                CREATE TABLE tenant_settings (
                  tenant_id TEXT PRIMARY KEY,
                  plan TEXT NOT NULL DEFAULT 'free',
                  locale TEXT NOT NULL DEFAULT 'en',
                  updated_at TEXT DEFAULT CURRENT_TIMESTAMP
                );
                """),
    ]
}
