// SPDX-License-Identifier: MIT
// One shape for everything that can go wrong between a page and the API.

export interface ApiErrorInit {
  /** HTTP status; 0 when no answer came. */
  status: number;
  code: string;
  message: string;
  field?: string | null;
  details?: unknown;
  requestId?: string | null;
}

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | null;
  readonly details: unknown;
  readonly requestId: string | null;

  constructor(init: ApiErrorInit) {
    super(init.message);
    this.name = 'ApiError';
    this.status = init.status;
    this.code = init.code;
    this.field = init.field ?? null;
    this.details = init.details ?? null;
    this.requestId = init.requestId ?? null;
  }

  /** Worth another try without anybody doing anything. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

/** What an answer without an envelope means: nginx itself, or a proxy between, spoke. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'timeout',
  409: 'conflict',
  412: 'conflict',
  413: 'too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

/** The general code of a status, to translate a narrower code that the frontend does not know yet. */
export function codeOfStatus(status: number): string {
  return BY_STATUS[status] ?? (status === 0 ? 'network' : status < 500 ? 'invalid' : 'internal');
}

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null;
const textOf = (v: unknown): string | null => (typeof v === 'string' && v !== '' ? v : null);

/** Reads the error envelope; a body that is none (an HTML page of a proxy, nothing) is judged by its status. */
export function errorFromResponse(status: number, body: unknown, headerRequestId: string | null): ApiError {
  const envelope = isRecord(body) && isRecord(body.error) ? body.error : null;
  const code = envelope ? textOf(envelope.code) : null;
  return new ApiError({
    status,
    code: code ?? codeOfStatus(status),
    message: (envelope ? textOf(envelope.message) : null) ?? `HTTP ${status}`,
    field: envelope ? textOf(envelope.field) : null,
    details: envelope?.details,
    requestId: (envelope ? textOf(envelope.request_id) : null) ?? headerRequestId,
  });
}

/** Anything thrown while asking: no network, a deadline, a body that is not JSON. */
export function errorFromThrown(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const name = isRecord(thrown) ? textOf(thrown.name) : null;
  const message = thrown instanceof Error ? thrown.message : 'request failed';
  return new ApiError({ status: 0, code: name === 'TimeoutError' ? 'timeout' : 'network', message });
}
