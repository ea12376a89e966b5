// SPDX-License-Identifier: MIT
// Taking an upload back: says what goes before it asks, and the page says what went.
import { Alert, Button, Group, Modal, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { refreshData } from '@/shared/api/jobs';
import type { UploadDetail } from '@/shared/api/types';
import { useFormats } from '@/shared/format/useFormats';
import { IconCheck } from '@/shared/ui/icons';
import { ErrorNote } from '@/shared/ui/states';
import { undoUpload } from './api';
import type { UndoResult } from './contract';
import { shownName } from './machine';
import classes from './Upload.module.css';

interface UndoProps {
  upload: UploadDetail;
  onUndone: (what: UndoResult, filename: string) => void;
}

export function Undo({ upload, onUndone }: UndoProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const cache = useQueryClient();
  const [asking, setAsking] = useState(false);
  const undo = useMutation({
    mutationFn: () => undoUpload(upload.upload_id),
    onSuccess: (what) => {
      onUndone(what, shownName(upload.filename));
      // The upload itself is gone: asking for it again would only be refused.
      cache.removeQueries({ queryKey: ['upload', upload.upload_id] });
      cache.removeQueries({ queryKey: ['upload-errors', upload.upload_id] });
      refreshData(cache);
    },
  });
  const close = (): void => {
    setAsking(false);
    undo.reset();
  };
  const count = (n: number): { count: number; n: string } => ({ count: n, n: formats.int(n) });
  return (
    <Group justify="flex-end" mt="md">
      <Button variant="subtle" color="red" onClick={() => setAsking(true)}>
        {t('upload.undo')}
      </Button>
      <Modal
        opened={asking}
        onClose={close}
        centered
        title={t('upload.undo_title', { name: shownName(upload.filename) })}
        closeButtonProps={{ 'aria-label': t('upload.undo_keep') }}
        classNames={{ title: classes.break }}
      >
        {upload.created === 0 && upload.updated === 0 && <Text size="sm">{t('upload.undo_nothing')}</Text>}
        {upload.created > 0 && <Text size="sm">{t('upload.undo_created', count(upload.created))}</Text>}
        {upload.updated > 0 && (
          <Text size="sm" mt="xs">
            {t('upload.undo_updated', count(upload.updated))}
          </Text>
        )}
        <Text size="sm" mt="xs" c="dimmed">
          {t('upload.undo_for_good')}
        </Text>
        {undo.isError && <ErrorNote error={undo.error} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close} disabled={undo.isPending} data-autofocus>
            {t('upload.undo_keep')}
          </Button>
          <Button color="red.9" loading={undo.isPending} onClick={() => undo.mutate()}>
            {t('upload.undo')}
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}

export function Undone({ what, filename }: { what: UndoResult; filename: string }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const count = (n: number): { count: number; n: string } => ({ count: n, n: formats.int(n) });
  return (
    <Alert
      role="status"
      color="green"
      variant="light"
      icon={<IconCheck size={18} />}
      title={t('upload.undone_title', { name: filename })}
      data-testid="undone"
    >
      {(what.removed.meetings > 0 || what.restored === 0) && (
        <Text size="sm">{t('upload.undone_removed', count(what.removed.meetings))}</Text>
      )}
      {what.restored > 0 && <Text size="sm">{t('upload.undone_restored', count(what.restored))}</Text>}
      {what.kept_changed > 0 && <Text size="sm">{t('upload.undone_kept', count(what.kept_changed))}</Text>}
    </Alert>
  );
}
