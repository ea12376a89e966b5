// SPDX-License-Identifier: MIT
// The values of an analysis in the order in which a sales manager reads them.
import type { Analysis, Evidence } from '@/shared/api/types';

export const GROUPS = {
  profile: ['sector', 'company_size', 'discovery_channel', 'interaction_volume_daily'],
  needs: [
    'pain_points',
    'use_cases',
    'objections',
    'requirements.personalization',
    'requirements.integrations',
    'requirements.confidentiality',
    'requirements.multilingual',
    'requirements.real_time',
  ],
  context: ['demand_peaks', 'query_types', 'tools_mentioned', 'others'],
} as const;
export type GroupName = keyof typeof GROUPS;
export const GROUP_NAMES = Object.keys(GROUPS) as GroupName[];

const isRecord = (v: unknown): v is Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v);

/** `requirements.real_time` may be one key or two levels. */
export function valueOf(values: Record<string, unknown>, field: string): unknown {
  if (field in values) return values[field];
  return field.split('.').reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), values);
}

export interface ValueItem {
  readonly value: string | number | boolean;
  /** Index in the analysis' evidence; null when it has none. */
  readonly evidence: number | null;
  readonly status: Evidence['status'] | null;
}

export interface FieldValues {
  readonly field: string;
  readonly items: readonly ValueItem[];
}

const isScalar = (v: unknown): v is ValueItem['value'] =>
  typeof v === 'boolean' || typeof v === 'number' || (typeof v === 'string' && v !== '');

/** The values of one field, each with its evidence. Empty: the conversation does not say. */
export function fieldValues(analysis: Analysis, field: string): FieldValues {
  const raw = valueOf(analysis.values, field);
  const list = (Array.isArray(raw) ? raw : [raw]).filter(isScalar);
  const items = list.map((value) => {
    // An array's evidence names its item; a scalar has only one.
    const at = analysis.evidence.findIndex(
      (e) => e.field === field && (!Array.isArray(raw) || e.item === String(value)),
    );
    const found = analysis.evidence[at];
    return { value, evidence: found ? at : null, status: found?.status ?? null };
  });
  return { field, items };
}

/** Fields that no group names (a tenant's own) come last, so that nothing that was read is hidden. */
export function extraFields(analysis: Analysis): string[] {
  const known = new Set<string>(Object.values(GROUPS).flat());
  const out: string[] = [];
  for (const [key, value] of Object.entries(analysis.values)) {
    if (known.has(key) || key.startsWith('confidence')) continue; // shown only once it is calibrated
    if (isRecord(value)) {
      for (const inner of Object.keys(value)) if (!known.has(`${key}.${inner}`)) out.push(`${key}.${inner}`);
    } else out.push(key);
  }
  return out;
}
