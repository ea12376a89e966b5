// SPDX-License-Identifier: MIT
import * as z from 'zod/mini';

export const SORTS = ['-meeting_date', 'meeting_date'] as const;
export type Sort = (typeof SORTS)[number];
export const DEFAULT_SORT: Sort = '-meeting_date';

const Shape = z.object({ sort: z.optional(z.enum(SORTS)) });

export interface MeetingsSearch {
  sort?: Sort;
}

export function parseMeetingsSearch(raw: Record<string, unknown>): MeetingsSearch {
  const read = Shape.safeParse(raw);
  return read.success && read.data.sort ? { sort: read.data.sort } : {};
}

/** A click on the column: newest first, then the other way round. */
export const nextSort = (current: Sort): Sort =>
  current === '-meeting_date' ? 'meeting_date' : '-meeting_date';

export type AriaSort = 'ascending' | 'descending' | 'none';

export function ariaSort(current: Sort, column: string): AriaSort {
  if (current === column) return 'ascending';
  return current === `-${column}` ? 'descending' : 'none';
}
