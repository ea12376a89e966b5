// SPDX-License-Identifier: MIT
// Holds the running upload above the pages, so that looking at the dashboard meanwhile does not end it.
import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  type ReactNode,
} from 'react';
import { errorFromThrown } from '@/shared/api/errors';
import { refreshData } from '@/shared/api/jobs';
import { useSession } from '@/shared/session/session';
import {
  checkFiles,
  initialUpload,
  isRunning,
  isWorkbook,
  uploadReducer,
  type FileFacts,
  type UploadState,
} from './machine';
import { isClean, looksSame, NO_OPTIONS, previewPart, type UploadOptions } from './options';
import { sendFile, sendPreview } from './send';
import { readXlsx, sheetFile } from './xlsx/read';
import type { SheetText } from './xlsx/workbook';

export interface UploadControl {
  readonly state: UploadState;
  readonly choose: (files: readonly File[]) => void;
  /** Of the sheets of a workbook, by its place. */
  readonly chooseSheet: (at: number) => void;
  /** Looks at the file again, with other options. */
  readonly review: (options: UploadOptions) => void;
  /** Loads the file that was looked at. */
  readonly confirm: () => void;
  readonly cancel: () => void;
  readonly reset: () => void;
}

const UploadContext = createContext<UploadControl | null>(null);

export function useUpload(): UploadControl {
  const control = use(UploadContext);
  if (!control) throw new Error('useUpload outside of UploadProvider');
  return control;
}

const factsOf = (file: File): FileFacts => ({ name: file.name, size: file.size });

export function UploadProvider({ children }: { children: ReactNode }): ReactNode {
  const { config } = useSession();
  const cache = useQueryClient();
  const [state, dispatch] = useReducer(uploadReducer, initialUpload);
  /** What runs now. Whoever starts the next thing ends it, and nothing it says later counts. */
  const running = useRef<AbortController | null>(null);
  const uploading = useRef(false);
  const source = useRef<{ file: File; workbook: File; sheets: readonly SheetText[] } | null>(null);
  const maxBytes = config.upload_max_bytes;

  const begin = useCallback((): AbortSignal => {
    running.current?.abort();
    running.current = new AbortController();
    return running.current.signal;
  }, []);

  /** Runs a step; its failure is told unless something else has begun meanwhile. */
  const step = useCallback(
    (work: (signal: AbortSignal) => Promise<void>) => {
      const signal = begin();
      work(signal).catch((thrown: unknown) => {
        if (!signal.aborted) dispatch({ type: 'fail', error: errorFromThrown(thrown) });
      });
    },
    [begin],
  );

  const load = useCallback(
    (file: File, options: UploadOptions) => {
      if (uploading.current) return;
      uploading.current = true;
      dispatch({ type: 'start', file: factsOf(file) });
      step(async (signal) => {
        try {
          const result = await sendFile(
            file,
            options,
            {
              progress: (loaded, total) => dispatch({ type: 'progress', loaded, total }),
              sent: () => dispatch({ type: 'sent' }),
            },
            signal,
          );
          dispatch({ type: 'answer', result });
          // Everything on screen is older than this file, and the jobs have just begun.
          refreshData(cache);
        } finally {
          uploading.current = false;
        }
      });
    },
    [cache, step],
  );

  const look = useCallback(
    (file: File, options: UploadOptions, first: boolean) => {
      if (first) dispatch({ type: 'check', file: factsOf(file) });
      else dispatch({ type: 'options', options });
      step(async (signal) => {
        const { part, partial } = await previewPart(file);
        const preview = await sendPreview(part, options, signal);
        if (signal.aborted) return;
        if (first && isClean(preview, partial)) load(file, options);
        else dispatch({ type: 'previewed', preview, options, partial });
      });
    },
    [load, step],
  );

  const take = useCallback(
    (workbook: File, sheet: SheetText) => {
      const file = sheetFile(workbook, sheet);
      source.current = { file, workbook, sheets: source.current?.sheets ?? [] };
      look(file, NO_OPTIONS, true);
    },
    [look],
  );

  const choose = useCallback(
    (files: readonly File[]) => {
      if (uploading.current) return;
      const wrong = checkFiles(files, maxBytes);
      const [file] = files;
      if (wrong || !file) {
        dispatch({ type: 'reject', reason: wrong?.reason ?? 'empty', size: wrong?.size ?? 0 });
        return;
      }
      source.current = { file, workbook: file, sheets: [] };
      if (!isWorkbook(file)) {
        look(file, NO_OPTIONS, true);
        return;
      }
      dispatch({ type: 'read', file: factsOf(file) });
      step(async (signal) => {
        const sheets = await readXlsx(file, signal);
        if (signal.aborted) return;
        source.current = { file, workbook: file, sheets };
        const [only] = sheets;
        if (only && sheets.length === 1) take(file, only);
        else dispatch({ type: 'sheets', sheets: sheets.map(({ name, rows }) => ({ name, rows })) });
      });
    },
    [look, maxBytes, step, take],
  );

  const chooseSheet = useCallback(
    (at: number) => {
      const sheet = source.current?.sheets[at];
      if (source.current && sheet) take(source.current.workbook, sheet);
    },
    [take],
  );

  const options = state.phase === 'review' ? state.options : NO_OPTIONS;
  const review = useCallback(
    (next: UploadOptions) => {
      if (looksSame(options, next)) dispatch({ type: 'decide', options: next });
      else if (source.current) look(source.current.file, next, false);
    },
    [look, options],
  );

  const confirm = useCallback(() => {
    if (source.current) load(source.current.file, options);
  }, [load, options]);

  const cancel = useCallback(() => {
    dispatch({ type: 'cancel' }); // first: the abort's own failure is then late news
    running.current?.abort(); // the page offers this only while nothing can be stored yet
    source.current = null;
  }, []);
  const reset = useCallback(() => dispatch({ type: 'reset' }), []);

  const busy = isRunning(state);
  useEffect(() => {
    if (!busy) return;
    const warn = (e: BeforeUnloadEvent): void => e.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [busy]);

  const control = useMemo(
    () => ({ state, choose, chooseSheet, review, confirm, cancel, reset }),
    [state, choose, chooseSheet, review, confirm, cancel, reset],
  );
  return <UploadContext value={control}>{children}</UploadContext>;
}
