// SPDX-License-Identifier: MIT
// What the address of the dashboard says, and the filter tree it stands for. Pure.
import * as z from 'zod/mini';
import type { Field, FilterTree } from '@/shared/api/types';
import type { TimeGroup } from '@/shared/format/format';

export type FilterValue = string | number | boolean | null;
/** Values wanted of each field: any of them is enough; every field has to agree. */
export type Where = Record<string, FilterValue[]>;

export const TIME_GROUPS = ['day', 'week', 'month', 'quarter', 'year'] as const;

export interface DashboardSearch {
  from?: string;
  to?: string;
  where?: Where;
  /** Field of the bars, how they are split (`none`: not), and the bucket when the field is a date. */
  bar?: string;
  by?: string;
  time?: TimeGroup;
  pie?: string;
}

export const DEFAULTS = { bar: 'sales_rep', by: 'closed', time: 'month', pie: 'sector' } as const;
export const NO_SPLIT = 'none';

const MAX_FIELDS = 20;
const MAX_VALUES = 50;
const name = z.string().check(z.regex(/^[a-z][a-z0-9_.]{0,63}$/));
const day = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/));
const value = z.union([z.string().check(z.maxLength(200)), z.number(), z.boolean(), z.null()]);
const Parts = {
  from: day,
  to: day,
  where: z.record(name, z.array(value).check(z.minLength(1), z.maxLength(MAX_VALUES))),
  bar: name,
  by: name,
  time: z.enum(TIME_GROUPS),
  pie: name,
};

/** An address is anybody's text: each part is kept if it is sound, dropped if not. */
export function parseDashboardSearch(raw: Record<string, unknown>): DashboardSearch {
  const out: Record<string, unknown> = {};
  for (const [key, shape] of Object.entries(Parts)) {
    const read = z.safeParse(shape, raw[key]);
    if (read.success) out[key] = read.data;
  }
  const where = out.where as Where | undefined;
  if (where && (Object.keys(where).length === 0 || Object.keys(where).length > MAX_FIELDS)) delete out.where;
  return out;
}

export const isArrayField = (field: Field | undefined): boolean => field?.type.includes('array') ?? false;

function condition(field: string, values: readonly FilterValue[], array: boolean): FilterTree {
  const present = values.filter((v) => v !== null);
  const missing: FilterTree = { field, op: 'is_missing' };
  if (present.length === 0) return missing;
  const some: FilterTree = array
    ? { field, op: 'contains_any', value: present }
    : present.length === 1
      ? { field, op: 'eq', value: present[0] }
      : { field, op: 'in', value: present };
  return present.length < values.length ? { or: [some, missing] } : some;
}

/** The tree for the API; undefined when nothing is filtered. */
export function filterTree(
  search: DashboardSearch,
  fields: readonly Field[] | undefined,
): FilterTree | undefined {
  const parts: FilterTree[] = [];
  const { from, to, where = {} } = search;
  if (from && to) parts.push({ field: 'meeting_date', op: 'between', value: [from, to] });
  else if (from) parts.push({ field: 'meeting_date', op: 'gte', value: from });
  else if (to) parts.push({ field: 'meeting_date', op: 'lte', value: to });
  for (const field of Object.keys(where).sort()) {
    const values = where[field];
    if (values && values.length > 0) {
      parts.push(condition(field, values, isArrayField(fields?.find((f) => f.name === field))));
    }
  }
  return parts.length > 1 ? { and: parts } : parts[0];
}

/** A first click on a value adds it, a second takes it away. */
export function toggleValue(where: Where | undefined, field: string, v: FilterValue): Where | undefined {
  const now = where?.[field] ?? [];
  return setValues(where, field, now.includes(v) ? now.filter((x) => x !== v) : [...now, v]);
}

export function setValues(
  where: Where | undefined,
  field: string,
  values: readonly FilterValue[],
): Where | undefined {
  const { [field]: _gone, ...rest } = where ?? {};
  const out: Where = values.length > 0 ? { ...rest, [field]: [...values] } : rest;
  return Object.keys(out).length > 0 ? out : undefined;
}

export const isFiltered = (s: DashboardSearch): boolean =>
  s.from !== undefined || s.to !== undefined || s.where !== undefined;

export const datesWrong = (s: DashboardSearch): boolean =>
  s.from !== undefined && s.to !== undefined && s.from > s.to;

/** The key of a point as the filter wants it: booleans may come as text. */
export function keyToValue(key: string | number | boolean | null, field: Field | undefined): FilterValue {
  if (field?.type === 'bool' && typeof key === 'string') return key === 'true';
  if (field?.type === 'int' && typeof key === 'string') return Number(key);
  return key;
}
