import { Hono } from 'hono';
import { errorHandler } from './errors.ts';
import { dbMiddleware } from './middleware/db.ts';
import { simpleUsersRouter } from './routes/simple-users.ts';
import type { AppEnv } from './types.ts';

// The guide's simple app, to begin with
const app = new Hono<AppEnv>();

app.use('*', dbMiddleware);
app.route('/users', simpleUsersRouter);
app.onError(errorHandler);

export default app;
