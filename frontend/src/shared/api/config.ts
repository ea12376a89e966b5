// SPDX-License-Identifier: MIT
// What the application must know before anybody has signed in. Checked at run time: everything after depends on it.
import * as z from 'zod/mini';
import { ApiError } from './errors';
import { api, unwrap } from './client';
import type { ClientConfig } from './types';

const Shape = z.object({
  issuer: z.url(),
  client_id: z.string().check(z.minLength(1)),
  scope: z.string(),
  environment: z.enum(['production', 'development', 'test']),
  version: z.string(),
  upload_max_bytes: z.number().check(z.positive()),
});

export async function fetchClientConfig(): Promise<ClientConfig> {
  const read = Shape.safeParse(await unwrap(api.GET('/api/client-config')));
  if (!read.success) throw new ApiError({ status: 0, code: 'unavailable', message: read.error.message });
  return read.data;
}
