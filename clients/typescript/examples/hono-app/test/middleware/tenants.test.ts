import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HTTPException } from 'hono/http-exception';
import { tenantOf } from '../../src/middleware/db.ts';

describe('A tenant', () => {
  it('is the label in front of the base domain', () => {
    assert.equal(tenantOf('acme.example.com', 'example.com'), 'acme');
    assert.equal(tenantOf('Acme.Example.com:8787', 'example.com'), 'acme');
  });

  it('is the default one elsewhere', () => {
    const hosts = [
      'example.com',
      'www.example.com',
      'api.example.com',
      'acme.elsewhere.com',
      '127.0.0.1:8787',
      '[::1]:8787',
      '',
    ];
    for (const host of hosts) assert.equal(tenantOf(host, 'example.com'), 'default', host);
    assert.equal(tenantOf('notexample.com', 'example.com'), 'default');
    assert.equal(tenantOf('acme.example.com', undefined), 'default');
  });

  it('has a plain name', () => {
    for (const label of ['a.b', '', '-a', 'a-', 'a_b', 'a:b', 'é', 'a'.repeat(64)]) {
      assert.throws(() => tenantOf(`${label}.example.com`, 'example.com'), HTTPException, label);
    }
  });
});
