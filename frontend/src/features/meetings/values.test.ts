// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import type { Analysis } from '@/shared/api/types';
import { extraFields, fieldValues, valueOf } from './values';

const nowhere = { ordinal: 0, item: null, start: null, end: null, quote: null };
const analysis: Analysis = {
  analysis_id: '0190c3a3-0000-7000-8000-000000000001',
  provider: 'rules',
  model: null,
  prompt_version: 'v1',
  created_at: '2024-01-01T00:00:00Z',
  values: {
    sector: 'salud_bienestar',
    company_size: null,
    interaction_volume_daily: 0,
    pain_points: ['volumen', 'demoras', ''],
    'requirements.real_time': false,
    requirements: { multilingual: true, own: 'x' },
    budget: 'alto',
    confidence: { sector: 1 },
  },
  evidence: [
    { ...nowhere, field: 'sector', status: 'exact', start: 0, end: 4 },
    { ...nowhere, field: 'pain_points', item: 'demoras', status: 'absent' },
    { ...nowhere, field: 'pain_points', item: 'volumen', status: 'normalised', start: 5, end: 9 },
    { ...nowhere, field: 'requirements.real_time', status: 'not_mentioned' },
  ],
};

describe('valueOf', () => {
  it('reads a dotted name as one key or as two levels', () => {
    expect(valueOf(analysis.values, 'requirements.real_time')).toBe(false);
    expect(valueOf(analysis.values, 'requirements.multilingual')).toBe(true);
    expect(valueOf(analysis.values, 'requirements.nothing')).toBeUndefined();
  });
});

describe('fieldValues', () => {
  it('joins each item of an array with its own evidence', () => {
    expect(fieldValues(analysis, 'pain_points').items).toEqual([
      { value: 'volumen', evidence: 2, status: 'normalised' },
      { value: 'demoras', evidence: 1, status: 'absent' },
    ]);
  });

  it('keeps zero and false, and has nothing for what is missing', () => {
    expect(fieldValues(analysis, 'interaction_volume_daily').items[0]?.value).toBe(0);
    expect(fieldValues(analysis, 'requirements.real_time').items).toEqual([
      { value: false, evidence: 3, status: 'not_mentioned' },
    ]);
    expect(fieldValues(analysis, 'company_size').items).toEqual([]);
  });
});

describe('extraFields', () => {
  it('hides nothing that was read', () => {
    expect(extraFields(analysis)).toEqual(['requirements.own', 'budget']);
  });
});
