// Rows, as the migrations make them. SQLite has no booleans: they are 0 and 1.

export interface User {
  id: number;
  name: string;
  email: string;
  bio: string | null;
  role: string;
  status: string;
  created_at: string;
  updated_at: string;
}

export interface Post {
  id: number;
  user_id: number;
  title: string;
  content: string;
  published: 0 | 1;
  created_at: string;
  updated_at: string;
}

export interface PostWithAuthor extends Post {
  author_name: string;
  author_email: string;
}

export interface Order {
  id: number;
  user_id: number;
  total: number;
  status: string;
  created_at: string;
  /** JSON: an array of `{ productId, quantity, price }`. */
  items: string;
}

export interface TenantSettings {
  tenant_id: string;
  plan: string;
  locale: string;
  updated_at: string;
}
