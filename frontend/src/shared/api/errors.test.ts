// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ApiError, codeOfStatus, errorFromResponse, errorFromThrown } from './errors';

describe('errorFromResponse', () => {
  it('reads every part of the envelope', () => {
    const e = errorFromResponse(
      400,
      {
        success: false,
        error: {
          code: 'field_unknown',
          message: 'unknown',
          field: 'chart.x_axis',
          details: { a: 1 },
          request_id: 'r1',
        },
      },
      'header',
    );
    expect(e).toMatchObject({
      status: 400,
      code: 'field_unknown',
      field: 'chart.x_axis',
      details: { a: 1 },
      requestId: 'r1',
    });
  });

  it.each([
    [413, '<html>Request Entity Too Large</html>', 'too_large'],
    [502, '', 'unavailable'],
    [504, undefined, 'timeout'],
    [500, null, 'internal'],
    [418, {}, 'invalid'],
  ])('judges an answer of %i without an envelope by its status', (status, body, code) => {
    const e = errorFromResponse(status, body, 'from-header');
    expect(e.code).toBe(code);
    expect(e.requestId).toBe('from-header');
  });

  it('does not trust an envelope of wrong types', () => {
    const e = errorFromResponse(403, { error: { code: 7, message: [], request_id: {} } }, null);
    expect(e).toMatchObject({ code: 'forbidden', message: 'HTTP 403', requestId: null });
  });
});

describe('errorFromThrown', () => {
  it('tells a deadline from a missing network', () => {
    expect(errorFromThrown(new DOMException('late', 'TimeoutError')).code).toBe('timeout');
    expect(errorFromThrown(new TypeError('failed to fetch')).code).toBe('network');
  });

  it('passes an ApiError through', () => {
    const e = new ApiError({ status: 404, code: 'not_found', message: 'no' });
    expect(errorFromThrown(e)).toBe(e);
  });
});

describe('transient', () => {
  it.each([
    [0, true],
    [429, true],
    [503, true],
    [500, false],
    [403, false],
  ])('status %i: %s', (status, want) => {
    expect(new ApiError({ status, code: codeOfStatus(status), message: '' }).transient).toBe(want);
  });
});
