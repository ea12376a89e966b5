// SPDX-License-Identifier: MIT
// Sends one file, to be looked at or to be loaded. XMLHttpRequest, because fetch still does not tell how many bytes have left.
import { accessToken, renewedToken, sessionLost } from '@/shared/api/client';
import { ApiError, errorFromResponse } from '@/shared/api/errors';
import type { UploadResult } from '@/shared/api/types';
import type { UploadPreview } from './contract';
import { queryOf, type UploadOptions } from './options';

/** A file whose bytes have all left is answered within this, or the connection is dead. */
const ANSWER_DEADLINE_MS = 15 * 60_000;

export interface SendHooks {
  progress(loaded: number, total: number): void;
  sent(): void;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function post(
  file: File,
  path: string,
  token: string | null,
  hooks: SendHooks,
  signal: AbortSignal,
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    let answerTimer: ReturnType<typeof setTimeout> | undefined;
    const abort = (): void => xhr.abort();
    const settle = (finish: () => void): void => {
      clearTimeout(answerTimer);
      signal.removeEventListener('abort', abort);
      finish();
    };

    xhr.upload.onprogress = (e) => hooks.progress(e.loaded, e.total);
    xhr.upload.onload = () => {
      hooks.sent();
      answerTimer = setTimeout(abort, ANSWER_DEADLINE_MS);
    };
    xhr.onload = () => settle(() => resolve(xhr));
    xhr.onerror = () =>
      settle(() => reject(new ApiError({ status: 0, code: 'network', message: 'connection lost' })));
    xhr.onabort = () =>
      settle(() => {
        const code = signal.aborted ? 'cancelled' : 'timeout';
        reject(new ApiError({ status: 0, code, message: code }));
      });

    const form = new FormData();
    form.append('file', file, file.name);
    xhr.open('POST', path);
    xhr.setRequestHeader('Accept', 'application/json');
    if (token) xhr.setRequestHeader('Authorization', `Bearer ${token}`);
    signal.addEventListener('abort', abort);
    if (signal.aborted)
      settle(() => reject(new ApiError({ status: 0, code: 'cancelled', message: 'cancelled' })));
    else xhr.send(form);
  });
}

async function ask<T>(
  file: File,
  path: string,
  status: number,
  hooks: SendHooks,
  signal: AbortSignal,
): Promise<T> {
  let xhr = await post(file, path, await accessToken(), hooks, signal);
  if (xhr.status === 401) {
    const fresh = await renewedToken();
    if (fresh !== null) xhr = await post(file, path, fresh, hooks, signal);
    if (xhr.status === 401) sessionLost();
  }
  const body = parse(xhr.responseText);
  if (xhr.status !== status) throw errorFromResponse(xhr.status, body, xhr.getResponseHeader('X-Request-Id'));
  const data = (body as { data?: T } | null)?.data;
  if (!data) throw new ApiError({ status: xhr.status, code: 'internal', message: 'no envelope' });
  return data;
}

export const sendFile = (
  file: File,
  options: UploadOptions,
  hooks: SendHooks,
  signal: AbortSignal,
): Promise<UploadResult> => ask<UploadResult>(file, `/api/upload${queryOf(options)}`, 201, hooks, signal);

const NO_HOOKS: SendHooks = { progress: () => undefined, sent: () => undefined };

export const sendPreview = (
  file: File,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<UploadPreview> =>
  ask<UploadPreview>(file, `/api/upload/preview${queryOf(options)}`, 200, NO_HOOKS, signal);
