// SPDX-License-Identifier: MIT
import * as z from 'zod/mini';

export const SORTS = [
  '-meeting_date',
  'meeting_date',
  'client_name',
  '-client_name',
  'sales_rep',
  '-sales_rep',
] as const;
export type Sort = (typeof SORTS)[number];
export type SortColumn = 'meeting_date' | 'client_name' | 'sales_rep';
export const DEFAULT_SORT: Sort = '-meeting_date';
/** The longest question that the program reads. */
export const QUERY_CHARS = 400;

const Sorted = z.object({ sort: z.enum(SORTS) });
const Asked = z.object({ q: z.string().check(z.minLength(1), z.maxLength(QUERY_CHARS)) });

export interface MeetingsSearch {
  sort?: Sort;
  q?: string;
}

export function parseMeetingsSearch(raw: Record<string, unknown>): MeetingsSearch {
  const sorted = Sorted.safeParse(raw);
  // A number in the address ("?q=2024") is read as one.
  const asked = Asked.safeParse(typeof raw.q === 'number' ? { q: String(raw.q) } : raw);
  return {
    ...(sorted.success ? { sort: sorted.data.sort } : {}),
    ...(asked.success ? { q: asked.data.q } : {}),
  };
}

/** A click on a column: days newest first, words from A on; another click turns it round. */
export function nextSort(current: Sort, column: SortColumn): Sort {
  const first: Sort = column === 'meeting_date' ? '-meeting_date' : column;
  const second: Sort = column === 'meeting_date' ? 'meeting_date' : `-${column}`;
  return current === first ? second : first;
}

export type AriaSort = 'ascending' | 'descending' | 'none';

export function ariaSort(current: Sort, column: string): AriaSort {
  if (current === column) return 'ascending';
  return current === `-${column}` ? 'descending' : 'none';
}
