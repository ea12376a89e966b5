// SPDX-License-Identifier: MIT
// One value in the reader's words.
import type { TFunction } from 'i18next';
import { findField, optionLabel } from '@/shared/api/fields';
import type { Field } from '@/shared/api/types';
import type { Formats, Language } from '@/shared/format/format';

export function valueLabel(
  t: TFunction,
  fields: readonly Field[] | undefined,
  field: string,
  value: unknown,
  language: Language,
  formats: Formats,
): string {
  if (typeof value === 'boolean') return value ? t('detail.yes') : t('detail.no');
  if (typeof value === 'number') {
    const n = formats.decimal(value);
    return field === 'interaction_volume_daily' ? t('detail.per_day', { n }) : n;
  }
  return optionLabel(findField(fields, field), value, language) ?? String(value);
}
