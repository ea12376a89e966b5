// SPDX-License-Identifier: MIT
// The one way to the API: typed by the document, with the access token, a deadline, and one error shape.
import i18next from 'i18next';
import createClient from 'openapi-fetch';
import { languageOf } from '@/shared/i18n';
import { ApiError, errorFromResponse, errorFromThrown } from './errors';
import type { paths } from './schema.gen';

/** nginx and the workers give up well before; this is for a network that swallows packets. */
const DEADLINE_MS = 30_000;
/** A file is streamed for as long as CM_STREAM_TIMEOUT_MS and nginx let it (30 minutes). */
const FILE_DEADLINE_MS = 31 * 60_000;

export interface TokenSource {
  /** The access token in force, or null when nobody is signed in. */
  current(): Promise<string | null>;
  /** Gets a new one; null when that is not possible any more. */
  renew(): Promise<string | null>;
  /** The session is over: neither the token nor a new one is accepted. */
  lost(): void;
}

let tokens: TokenSource | null = null;

/** Called once, by whoever signs people in. */
export function setTokenSource(source: TokenSource | null): void {
  tokens = source;
}

export async function accessToken(): Promise<string | null> {
  return (await tokens?.current()) ?? null;
}

export async function renewedToken(): Promise<string | null> {
  return (await tokens?.renew()) ?? null;
}

export function sessionLost(): void {
  tokens?.lost();
}

function withHeaders(request: Request, token: string | null): Request {
  const copy = request.clone(); // a body is read once; the copy leaves the original for a second try
  // The page's language may be another than the browser's: files with words in them come in the page's.
  copy.headers.set('Accept-Language', languageOf(i18next));
  if (token) copy.headers.set('Authorization', `Bearer ${token}`);
  return copy;
}

async function send(request: Request, deadlineMs: number): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(deadlineMs)]);
  const token = await accessToken();
  const first = await fetch(withHeaders(request, token), { signal });
  if (first.status !== 401 || token === null) return first;

  // The clock of this machine may be wrong, or the keys rolled: one renewal, one more try, then the person must sign in.
  const fresh = await renewedToken();
  if (fresh === null) {
    sessionLost();
    return first;
  }
  const second = await fetch(withHeaders(request, fresh), { signal });
  if (second.status === 401) sessionLost();
  return second;
}

export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: (request) => send(request, DEADLINE_MS),
});

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

type Payload<A> = A extends { data?: infer E } ? (E extends { data: infer D } ? D : never) : never;

/**
 * Takes the data out of the envelope; throws ApiError for everything else.
 * Usage: `const me = await unwrap(api.GET('/api/me', { signal }))`.
 */
export async function unwrap<A extends Answer>(pending: Promise<A>): Promise<Payload<A>> {
  let answer: A;
  try {
    answer = await pending;
  } catch (thrown) {
    // A page that moved on aborts its queries: that is no error to show, and TanStack Query knows the name.
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    throw errorFromThrown(thrown);
  }
  const { response } = answer;
  const requestId = response.headers.get('X-Request-Id');
  if (!response.ok) throw errorFromResponse(response.status, answer.error, requestId);
  const body = answer.data;
  if (typeof body !== 'object' || body === null || !('data' in body)) {
    throw new ApiError({ status: response.status, code: 'internal', message: 'no envelope', requestId });
  }
  return body.data as Payload<A>;
}

/** Fetches a file with the access token and gives it to the browser to keep. */
export async function download(path: string, filename: string): Promise<void> {
  let answer: Response;
  try {
    answer = await send(new Request(new URL(path, globalThis.location.origin)), FILE_DEADLINE_MS);
  } catch (thrown) {
    throw errorFromThrown(thrown);
  }
  if (!answer.ok) {
    const body: unknown = await answer.json().catch(() => null);
    throw errorFromResponse(answer.status, body, answer.headers.get('X-Request-Id'));
  }
  let file: Blob;
  try {
    file = await answer.blob();
  } catch (thrown) {
    throw errorFromThrown(thrown); // cut off on the way
  }
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.click();
  // Not at once: the browser still reads it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
