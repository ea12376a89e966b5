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
import { jobsKey } from '@/shared/api/jobs';
import { useSession } from '@/shared/session/session';
import { checkFiles, initialUpload, isRunning, uploadReducer, type UploadState } from './machine';
import { sendFile } from './send';

export interface UploadControl {
  readonly state: UploadState;
  readonly choose: (files: readonly File[]) => void;
  readonly cancel: () => void;
  readonly reset: () => void;
}

const UploadContext = createContext<UploadControl | null>(null);

export function useUpload(): UploadControl {
  const control = use(UploadContext);
  if (!control) throw new Error('useUpload outside of UploadProvider');
  return control;
}

export function UploadProvider({ children }: { children: ReactNode }): ReactNode {
  const { config } = useSession();
  const cache = useQueryClient();
  const [state, dispatch] = useReducer(uploadReducer, initialUpload);
  const running = useRef<AbortController | null>(null);
  const maxBytes = config.upload_max_bytes;

  const choose = useCallback(
    (files: readonly File[]) => {
      if (running.current) return;
      const wrong = checkFiles(files, maxBytes);
      const [file] = files;
      if (wrong || !file) {
        dispatch({ type: 'reject', reason: wrong?.reason ?? 'empty', size: wrong?.size ?? 0 });
        return;
      }
      const abort = new AbortController();
      running.current = abort;
      dispatch({ type: 'start', file: { name: file.name, size: file.size } });
      const hooks = {
        progress: (loaded: number, total: number) => dispatch({ type: 'progress', loaded, total }),
        sent: () => dispatch({ type: 'sent' }),
      };
      sendFile(file, hooks, abort.signal)
        .then(
          (result) => {
            dispatch({ type: 'answer', result });
            // Everything on screen is older than this file, and the jobs have just begun.
            void cache.invalidateQueries({ queryKey: jobsKey });
            void cache.invalidateQueries({
              predicate: (q) => q.queryKey[0] !== 'me' && q.queryKey[0] !== 'client-config',
            });
          },
          (thrown: unknown) => dispatch({ type: 'fail', error: errorFromThrown(thrown) }),
        )
        .finally(() => {
          running.current = null;
        });
    },
    [cache, maxBytes],
  );

  const cancel = useCallback(() => {
    dispatch({ type: 'cancel' }); // first: the abort's own failure is then late news
    running.current?.abort(); // the page offers this only while bytes are on their way
  }, []);
  const reset = useCallback(() => dispatch({ type: 'reset' }), []);

  const busy = isRunning(state);
  useEffect(() => {
    if (!busy) return;
    const warn = (e: BeforeUnloadEvent): void => e.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [busy]);

  const control = useMemo(() => ({ state, choose, cancel, reset }), [state, choose, cancel, reset]);
  return <UploadContext value={control}>{children}</UploadContext>;
}
