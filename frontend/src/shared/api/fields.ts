// SPDX-License-Identifier: MIT
// The field registry, and how a value of a field is named in the reader's language.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Language } from '@/shared/format/format';
import { api, unwrap } from './client';
import type { Field } from './types';

const HOUR_MS = 3_600_000;

export function useFields(): UseQueryResult<Field[]> {
  return useQuery({
    queryKey: ['fields'],
    queryFn: async ({ signal }) => (await unwrap(api.GET('/api/fields', { signal }))).fields,
    staleTime: HOUR_MS, // changes with a release, or when an administrator adds a field
  });
}

export const findField = (fields: readonly Field[] | undefined, name: string): Field | undefined =>
  fields?.find((f) => f.name === name);

export const fieldLabel = (field: Field | undefined, language: Language, fallback: string): string =>
  field?.labels[language] ?? fallback;

/** The label of an option; undefined when the field has no such option (sellers, numbers). */
export function optionLabel(
  field: Field | undefined,
  value: unknown,
  language: Language,
): string | undefined {
  const wanted = String(value);
  return field?.options.find((o) => o.value === wanted)?.labels[language];
}

export type Slot = 'bar.x_axis' | 'bar.group_by' | 'pie.group_by';

/** Whether a field fits a place of a chart. */
export const fits = (field: Field, slot: Slot): boolean => field.slots.includes(slot);
