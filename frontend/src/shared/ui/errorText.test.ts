// SPDX-License-Identifier: MIT
import { beforeAll, describe, expect, it } from 'vitest';
import i18next from 'i18next';
import { ApiError } from '@/shared/api/errors';
import { startI18n } from '@/shared/i18n';
import es from '@/shared/i18n/es.json';
import { errorText, rowErrorText } from './errorText';

const error = (status: number, code: string): ApiError =>
  new ApiError({ status, code, message: 'for developers', requestId: 'r-1' });

beforeAll(() => startI18n('es').then(() => undefined));

describe('errorText', () => {
  it('speaks of the very code when it knows it', () => {
    expect(errorText(i18next.t, error(400, 'columns_missing'))).toEqual({
      text: es.error.columns_missing,
      requestId: 'r-1',
    });
  });

  it.each([
    [429, es.error.rate_limited],
    [404, es.error.not_found],
    [500, es.error.internal],
    [418, es.error.invalid],
  ])('falls back to what a status of %i means', (status, text) => {
    expect(errorText(i18next.t, error(status, 'a_code_of_next_year')).text).toBe(text);
  });

  it('tells a lost network from everything else, and never shows a raw message', () => {
    expect(errorText(i18next.t, new TypeError('Failed to fetch')).text).toBe(es.error.network);
    expect(errorText(i18next.t, 'what?').text).toBe(es.error.network);
  });
});

describe('rowErrorText', () => {
  it('translates a known code and quotes an unknown one', () => {
    expect(rowErrorText(i18next.t, 'email_invalid', {})).toBe(es.row_error.email_invalid);
    expect(rowErrorText(i18next.t, 'new_rule', null)).toContain('new_rule');
  });
});
