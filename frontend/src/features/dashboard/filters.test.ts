// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import type { Field } from '@/shared/api/types';
import {
  datesWrong,
  filterTree,
  isFiltered,
  keyToValue,
  parseDashboardSearch,
  setValues,
  toggleValue,
} from './filters';

const field = (name: string, type: string): Field => ({
  name,
  type,
  dataset: 'meetings',
  labels: { es: '', en: '' },
  options: [],
  operators: [],
  aggregations: [],
  slots: [],
});
const fields: Field[] = [
  field('sales_rep', 'string'),
  field('closed', 'bool'),
  field('query_types', 'closed_array'),
];

describe('filterTree', () => {
  it('is absent when nothing is filtered', () => {
    expect(filterTree({}, fields)).toBeUndefined();
  });

  it('uses the narrowest operator for one value, several, and none', () => {
    expect(filterTree({ where: { closed: [true] } }, fields)).toEqual({
      field: 'closed',
      op: 'eq',
      value: true,
    });
    expect(filterTree({ where: { sales_rep: ['Puma', 'Boa'] } }, fields)).toEqual({
      field: 'sales_rep',
      op: 'in',
      value: ['Puma', 'Boa'],
    });
    expect(filterTree({ where: { sales_rep: [null] } }, fields)).toEqual({
      field: 'sales_rep',
      op: 'is_missing',
    });
  });

  it('looks into arrays', () => {
    expect(filterTree({ where: { query_types: ['pricing'] } }, fields)).toEqual({
      field: 'query_types',
      op: 'contains_any',
      value: ['pricing'],
    });
  });

  it('joins a missing value with the others by or, and fields by and', () => {
    expect(
      filterTree(
        { from: '2024-01-01', to: '2024-06-30', where: { sales_rep: ['Puma', null], closed: [false] } },
        fields,
      ),
    ).toEqual({
      and: [
        { field: 'meeting_date', op: 'between', value: ['2024-01-01', '2024-06-30'] },
        { field: 'closed', op: 'eq', value: false },
        {
          or: [
            { field: 'sales_rep', op: 'eq', value: 'Puma' },
            { field: 'sales_rep', op: 'is_missing' },
          ],
        },
      ],
    });
  });

  it('takes one date alone', () => {
    expect(filterTree({ from: '2024-01-01' }, fields)).toEqual({
      field: 'meeting_date',
      op: 'gte',
      value: '2024-01-01',
    });
    expect(filterTree({ to: '2024-01-01' }, fields)).toEqual({
      field: 'meeting_date',
      op: 'lte',
      value: '2024-01-01',
    });
  });
});

describe('parseDashboardSearch', () => {
  it('keeps what is sound and drops the rest', () => {
    expect(
      parseDashboardSearch({
        from: '2024-01-01',
        to: 'tomorrow',
        bar: 'sector',
        by: 'DROP TABLE',
        time: 'century',
        where: { closed: [true], sales_rep: ['Puma', null] },
        other: 1,
      }),
    ).toEqual({ from: '2024-01-01', bar: 'sector', where: { closed: [true], sales_rep: ['Puma', null] } });
  });

  it.each([
    { where: 'x' },
    { where: { closed: [] } },
    { where: {} },
    { where: { 'a b': [1] } },
    { where: { a: [{}] } },
  ])('drops %o', (raw) => {
    expect(parseDashboardSearch(raw)).toEqual({});
  });
});

describe('toggleValue', () => {
  it('adds on the first click, removes on the second, and leaves no empty field behind', () => {
    const one = toggleValue(undefined, 'sector', 'educacion');
    expect(one).toEqual({ sector: ['educacion'] });
    expect(toggleValue(one, 'sector', 'otros')).toEqual({ sector: ['educacion', 'otros'] });
    expect(toggleValue(one, 'sector', 'educacion')).toBeUndefined();
    expect(setValues({ sector: ['a'], closed: [true] }, 'sector', [])).toEqual({ closed: [true] });
  });
});

describe('small questions', () => {
  it('knows a filter and a wrong range', () => {
    expect(isFiltered({ bar: 'sector' })).toBe(false);
    expect(isFiltered({ to: '2024-01-01' })).toBe(true);
    expect(datesWrong({ from: '2024-02-01', to: '2024-01-01' })).toBe(true);
    expect(datesWrong({ from: '2024-01-01', to: '2024-01-01' })).toBe(false);
  });

  it('gives the filter a key of the right type', () => {
    expect(keyToValue('true', fields[1])).toBe(true);
    expect(keyToValue('false', fields[1])).toBe(false);
    expect(keyToValue('Puma', fields[0])).toBe('Puma');
    expect(keyToValue(null, fields[1])).toBeNull();
  });
});
