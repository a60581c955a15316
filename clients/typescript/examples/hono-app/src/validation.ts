import { zValidator } from '@hono/zod-validator';
import type { Context, ValidationTargets } from 'hono';
import * as z from 'zod';
import { ValidationError } from './errors.ts';

/** Takes what fits the schema; anything else is 400, with the first member that does not fit: `email: Invalid email address`. */
export const validate = <Target extends keyof ValidationTargets, Schema extends z.ZodType>(
  target: Target,
  schema: Schema,
) =>
  zValidator(target, schema, (result) => {
    if (result.success) return;
    const [issue] = result.error.issues;
    throw new ValidationError(issue?.message ?? 'not as it should be', issue?.path.join('.') || target);
  });

/** `?limit` and `?offset` of a list. More than the most that is given at a time is not an error. */
export const page = z.object({
  limit: z.coerce.number().int().min(1).default(20).transform((limit) => Math.min(limit, 100)),
  offset: z.coerce.number().int().min(0).default(0),
});

/** The `:id` of a path; 0, which is nobody's, for anything but a positive whole number. */
export function idParam(c: Context): number {
  const text = c.req.param('id') ?? '';
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0;
}
