// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { ariaSort, nextSort, parseMeetingsSearch } from './search';

test('the address is read as far as it makes sense', () => {
  expect(parseMeetingsSearch({ sort: 'client_name', q: 'señal' })).toEqual({
    sort: 'client_name',
    q: 'señal',
  });
  expect(parseMeetingsSearch({ sort: 'transcript', q: '' })).toEqual({});
  expect(parseMeetingsSearch({ sort: 'transcript', q: 2024 })).toEqual({ q: '2024' });
  expect(parseMeetingsSearch({ q: 'x'.repeat(401) })).toEqual({});
});

test('days begin with the newest, words with A', () => {
  expect(nextSort('client_name', 'meeting_date')).toBe('-meeting_date');
  expect(nextSort('-meeting_date', 'meeting_date')).toBe('meeting_date');
  expect(nextSort('-meeting_date', 'sales_rep')).toBe('sales_rep');
  expect(nextSort('sales_rep', 'sales_rep')).toBe('-sales_rep');
  expect(ariaSort('-sales_rep', 'sales_rep')).toBe('descending');
  expect(ariaSort('-sales_rep', 'client_name')).toBe('none');
});
