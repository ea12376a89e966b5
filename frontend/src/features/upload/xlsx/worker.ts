// SPDX-License-Identifier: MIT
// Reads a workbook away from the page, which stays responsive and can end it.
import { readWorkbook, XlsxError, type SheetText, type XlsxProblem } from './workbook';

export type WorkerAnswer = { readonly sheets: SheetText[] } | { readonly problem: XlsxProblem };

const answer = (message: WorkerAnswer): void => self.postMessage(message);

self.onmessage = (e: MessageEvent<ArrayBuffer>) => {
  readWorkbook(e.data).then(
    (sheets) => answer({ sheets }),
    (thrown: unknown) =>
      answer({ problem: thrown instanceof XlsxError ? thrown.problem : 'xlsx_unreadable' }),
  );
};
