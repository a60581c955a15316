import { expectThat } from '../expectation.ts';
import { Part } from '../part.ts';

export const headers = new Part('headers');

/** What secureHeaders of Hono sends unless it is told otherwise. */
const secure = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=15552000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
};

for (
  const [path, answer] of [['/health', 'an answer'], ['/api/v1/users/0', 'a 404'], ['/api/v1/posts', 'a 401'], [
    '/nowhere',
    'a path that is not there',
  ]]
) {
  headers.check('E24', `${answer} has the secure headers and any origin may read it`, async ({ app }) => {
    const got = await app.get(path, { headers: { Origin: 'https://elsewhere.example' } });
    for (const [name, value] of Object.entries(secure)) got.expectHeader(name, value);
    got.expectHeader('Access-Control-Allow-Origin', '*');
  });
}

headers.check('E24', 'a browser that asks first may use every method and the headers it names', async ({ app }) => {
  const got = await app.send('OPTIONS', '/api/v1/users/1', {
    headers: {
      Origin: 'https://elsewhere.example',
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'authorization,content-type',
    },
  });
  got.expectStatus(204);
  expectThat(got.text === '', 'the answer to OPTIONS has a body');
  got.expectHeader('Access-Control-Allow-Origin', '*');
  const methods = got.expectHeader('Access-Control-Allow-Methods', /./).split(/, */);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    expectThat(methods.includes(method), `Access-Control-Allow-Methods lacks ${method}`);
  }
  const allowed = got.expectHeader('Access-Control-Allow-Headers', /./).toLowerCase().split(/, */);
  for (const name of ['authorization', 'content-type']) {
    expectThat(allowed.includes(name), `Access-Control-Allow-Headers lacks ${name}`);
  }
});

headers.check('E24', 'JSON is indented for who asks with ?pretty, and only then', async ({ app }) => {
  const plain = await app.get('/health');
  const pretty = await app.get('/health?pretty');
  expectThat(!plain.text.trim().includes('\n'), 'JSON is indented unasked');
  expectThat(
    pretty.text.trimEnd() === JSON.stringify(pretty.json, null, 2),
    `not indented by two spaces: ${pretty.text}`,
  );
});
