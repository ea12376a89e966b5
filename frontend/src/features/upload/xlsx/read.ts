// SPDX-License-Identifier: MIT
// The page's side of reading a workbook. The worker and its library are fetched with the first .xlsx only.
import { ApiError } from '@/shared/api/errors';
import type { SheetText } from './workbook';
import type { WorkerAnswer } from './worker';

/** Fifty megabytes take a few seconds; what takes longer than this never ends. */
const DEADLINE_MS = 120_000;

const failed = (code: string): ApiError => new ApiError({ status: 0, code, message: code });

export async function readXlsx(file: File, signal: AbortSignal): Promise<SheetText[]> {
  const bytes = await file.arrayBuffer();
  if (signal.aborted) throw failed('cancelled');
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const answer = await new Promise<WorkerAnswer>((resolve, reject) => {
      timer = setTimeout(() => reject(failed('xlsx_unreadable')), DEADLINE_MS);
      signal.addEventListener('abort', () => reject(failed('cancelled')), { once: true });
      worker.onmessage = (e: MessageEvent<WorkerAnswer>) => resolve(e.data);
      worker.onerror = () => reject(failed('xlsx_unreadable')); // its script did not come, or its memory is over
      worker.postMessage(bytes, [bytes]);
    });
    if ('problem' in answer) throw failed(answer.problem);
    return answer.sheets;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

/** What is sent in place of the workbook; the name tells where it came from. */
export const sheetFile = (file: File, sheet: SheetText): File =>
  new File([sheet.csv], `${file.name}.csv`, { type: 'text/csv' });
