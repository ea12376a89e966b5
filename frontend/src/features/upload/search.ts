// SPDX-License-Identifier: MIT
import * as z from 'zod/mini';

const Shape = z.object({ upload: z.optional(z.uuid()) });

/** Which upload's result is shown; survives a reload and can be sent to a colleague. */
export interface UploadSearch {
  upload?: string;
}

export function parseUploadSearch(raw: Record<string, unknown>): UploadSearch {
  const read = Shape.safeParse(raw);
  return read.success && read.data.upload ? { upload: read.data.upload } : {};
}
