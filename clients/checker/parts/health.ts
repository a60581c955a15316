import { isoTime } from '../form.ts';
import { Part } from '../part.ts';

export const health = new Part('health');

health.check('E20', 'a healthy app says so, and when', async ({ app }) => {
  (await app.get('/health')).expect(200, { status: 'healthy', timestamp: isoTime });
});
