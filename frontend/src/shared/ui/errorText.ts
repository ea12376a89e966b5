// SPDX-License-Identifier: MIT
// The sentence for an error: its own code if we know it, else the general one of its status.
import type { TFunction } from 'i18next';
import { ApiError, codeOfStatus, errorFromThrown } from '@/shared/api/errors';

export interface ErrorText {
  text: string;
  requestId: string | null;
}

export function errorText(t: TFunction, thrown: unknown): ErrorText {
  const error = thrown instanceof ApiError ? thrown : errorFromThrown(thrown);
  const key = [`error.${error.code}`, `error.${codeOfStatus(error.status)}`, 'error.generic'];
  return { text: t(key as never), requestId: error.requestId };
}

/** The sentence for a row of a file; params fill its places. */
export function rowErrorText(
  t: TFunction,
  code: string,
  params: Record<string, unknown> | null | undefined,
): string {
  return t(
    [`row_error.${code}`, 'row_error.generic'] as never,
    { ...params, code } as never,
  ) as unknown as string;
}
