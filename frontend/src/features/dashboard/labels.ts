// SPDX-License-Identifier: MIT
// Names of categories, in the reader's language.
import type { TFunction } from 'i18next';
import { optionLabel } from '@/shared/api/fields';
import type { Field } from '@/shared/api/types';
import type { Formats, Language, TimeGroup } from '@/shared/format/format';

export interface Naming {
  readonly t: TFunction;
  readonly language: Language;
  readonly formats: Formats;
}

/** The label of a value of a field: its option, yes or no, a date bucket, a number; else what the service calls it. */
export function categoryLabel(
  { t, language, formats }: Naming,
  field: Field | undefined,
  key: string | number | boolean | null,
  fallback: string | null,
  time?: TimeGroup,
): string {
  if (key === null) return t('fields.missing');
  const option = optionLabel(field, key, language);
  if (option !== undefined) return option;
  const text = String(key);
  if (field?.type === 'bool' || typeof key === 'boolean') {
    if (field?.name === 'closed') return t(text === 'true' ? 'fields.closed_true' : 'fields.closed_false');
    return t(text === 'true' ? 'detail.yes' : 'detail.no');
  }
  if (field?.type === 'date' && time) return formats.bucket(text, time);
  if (field?.type === 'int' && !Number.isNaN(Number(key))) return formats.decimal(Number(key));
  return fallback ?? text;
}
