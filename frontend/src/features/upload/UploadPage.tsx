// SPDX-License-Identifier: MIT
import {
  Alert,
  Badge,
  Button,
  Card,
  Group,
  Progress,
  ScrollArea,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { openJobs, useJobs } from '@/shared/api/jobs';
import { useFormats } from '@/shared/format/useFormats';
import { may, useSession } from '@/shared/session/session';
import { IconInfo, IconLock, IconWarning } from '@/shared/ui/icons';
import { AnchorLink } from '@/shared/ui/links';
import { PageHeader } from '@/shared/ui/PageHeader';
import { ErrorNote, FailedState, LoadingState, Notice } from '@/shared/ui/states';
import { useUploads } from './api';
import type { UndoResult } from './contract';
import { DropZone } from './DropZone';
import { isPreparing, shownName } from './machine';
import { SheetChoice, Waiting } from './Preparing';
import { Review } from './Review';
import { Undone } from './Undo';
import classes from './Upload.module.css';
import { useUpload } from './UploadProvider';
import { ReadingProgress, UploadResult } from './UploadResult';
import { XLSX_MAX_BYTES } from './xlsx/limits';

const route = getRouteApi('/upload');

function Sending(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const { state, cancel } = useUpload();
  if (state.phase !== 'sending' && state.phase !== 'storing') return null;
  const storing = state.phase === 'storing';
  const share = storing ? 1 : state.total > 0 ? state.loaded / state.total : 0;
  const line = storing
    ? ''
    : t('upload.sent_of', { loaded: formats.bytes(state.loaded), total: formats.bytes(state.total) });
  return (
    <Card data-testid="sending">
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <Text fw={600} aria-live="polite" className={classes.break}>
          {t(storing ? 'upload.storing' : 'upload.sending', { name: shownName(state.file.name) })}
        </Text>
        <Text size="sm" c="dimmed" className="cm-num">
          {storing ? '' : formats.percent(share)}
        </Text>
      </Group>
      <Progress.Root size="lg" radius="xl">
        <Progress.Section
          value={share * 100}
          striped={storing}
          animated={storing}
          aria-label={t('upload.progress_label')}
          aria-valuetext={line}
        />
      </Progress.Root>
      <Group justify="space-between" mt="sm">
        <Text size="sm" c="dimmed" className="cm-num">
          {line}
        </Text>
        {/* Once every byte has left, the rows may be stored already: nothing to cancel. */}
        {!storing && (
          <Button variant="default" size="xs" onClick={cancel}>
            {t('upload.cancel')}
          </Button>
        )}
      </Group>
    </Card>
  );
}

function Recent({ current }: { current: string | undefined }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const uploads = useUploads();
  if (uploads.isPending) return <LoadingState label={t('state.loading_table')} height={160} />;
  if (uploads.isError) return <FailedState error={uploads.error} retry={() => void uploads.refetch()} />;
  const rows = uploads.data.pages.flatMap((p) => p.uploads);
  return (
    <Card p={0} mt="xl">
      <div className={classes.cardHead}>
        <Title order={2} size="h5">
          {t('upload.recent_title')}
        </Title>
        {rows.length === 0 && (
          <Text size="sm" c="dimmed">
            {t('upload.recent_empty')}
          </Text>
        )}
      </div>
      {rows.length > 0 && (
        <ScrollArea type="auto">
          <Table verticalSpacing="sm" horizontalSpacing="md" className={classes.table}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('upload.recent_file')}</Table.Th>
                <Table.Th>{t('upload.recent_when')}</Table.Th>
                <Table.Th ta="right">{t('upload.recent_rows')}</Table.Th>
                <Table.Th ta="right">{t('upload.recent_new')}</Table.Th>
                <Table.Th ta="right">{t('upload.recent_errors')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((u) => (
                <Table.Tr key={u.upload_id} data-current={u.upload_id === current || undefined}>
                  <Table.Td className={classes.break}>
                    <AnchorLink
                      to="/upload"
                      search={{ upload: u.upload_id }}
                      size="sm"
                      fw={500}
                      aria-label={t('upload.recent_open', { name: shownName(u.filename) })}
                    >
                      {shownName(u.filename)}
                    </AnchorLink>
                    {u.state !== 'loaded' && (
                      <Badge
                        ml="xs"
                        variant="light"
                        tt="none"
                        color={u.state === 'failed' ? 'red' : 'yellow'}
                      >
                        {t(`upload.state_${u.state}`)}
                      </Badge>
                    )}
                  </Table.Td>
                  <Table.Td>{formats.instant(u.created_at)}</Table.Td>
                  <Table.Td ta="right" className="cm-num">
                    {formats.int(u.rows)}
                  </Table.Td>
                  <Table.Td ta="right" className="cm-num">
                    {formats.int(u.created)}
                  </Table.Td>
                  <Table.Td ta="right" className="cm-num">
                    {formats.int(u.invalid)}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
      {uploads.hasNextPage && (
        <Group justify="center" p="sm">
          <Button
            variant="subtle"
            size="xs"
            loading={uploads.isFetchingNextPage}
            onClick={() => void uploads.fetchNextPage()}
          >
            {t('upload.recent_more')}
          </Button>
        </Group>
      )}
    </Card>
  );
}

function Preparing(): ReactNode {
  const { state, chooseSheet, review, confirm, cancel } = useUpload();
  if (!isPreparing(state)) return null;
  switch (state.phase) {
    case 'reading':
    case 'checking':
      return <Waiting name={state.file.name} reading={state.phase === 'reading'} onCancel={cancel} />;
    case 'sheets':
      return (
        <SheetChoice name={state.file.name} sheets={state.sheets} onChoose={chooseSheet} onCancel={cancel} />
      );
    case 'review':
      return <Review state={state} onOptions={review} onConfirm={confirm} onCancel={cancel} />;
  }
}

export function UploadPage(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const { me, role, config } = useSession();
  const { state, choose, reset } = useUpload();
  const { data: jobs } = useJobs();
  const search = route.useSearch();
  const navigate = route.useNavigate();

  // The result has an address of its own: a reload, or a colleague with the link, sees the same progress.
  const finished = state.phase === 'done' ? state.result.upload_id : undefined;
  useEffect(() => {
    if (finished === undefined) return;
    void navigate({ search: { upload: finished } });
    reset();
  }, [finished, navigate, reset]);

  const writer = may(me, 'data:write');
  const preparing = isPreparing(state);
  const busy = state.phase === 'sending' || state.phase === 'storing' || preparing;
  const shown = search.upload;

  const [undone, setUndone] = useState<{ what: UndoResult; filename: string } | null>(null);
  const onUndone = useCallback(
    (what: UndoResult, filename: string) => {
      setUndone({ what, filename });
      void navigate({ search: {} });
    },
    [navigate],
  );
  const take = (files: readonly File[]): void => {
    setUndone(null);
    choose(files);
  };

  return (
    <>
      <PageHeader title={t('upload.title')} subtitle={t('upload.subtitle')} />
      <Stack gap="md">
        {state.phase === 'rejected' && (
          <Alert role="alert" color="red" variant="light" icon={<IconWarning />}>
            {state.reason === 'too_large' || state.reason === 'xlsx_too_large'
              ? t(`upload.reject_${state.reason}`, {
                  size: formats.bytes(state.size),
                  max: formats.bytes(state.reason === 'too_large' ? config.upload_max_bytes : XLSX_MAX_BYTES),
                })
              : t(`upload.reject_${state.reason}`)}
          </Alert>
        )}
        {state.phase === 'idle' && state.cancelled && (
          <Alert role="status" color="gray" variant="light" icon={<IconInfo />}>
            {t('upload.cancelled')}
          </Alert>
        )}
        {state.phase === 'failed' && <ErrorNote error={state.error} />}
        {undone && shown === undefined && <Undone what={undone.what} filename={undone.filename} />}
        {preparing ? <Preparing /> : busy && <Sending />}
        {!busy && shown !== undefined && (
          <UploadResult
            key={shown}
            id={shown}
            onAnother={writer ? () => void navigate({ search: {} }) : undefined}
            onUndone={writer ? onUndone : undefined}
          />
        )}
        {!busy &&
          shown === undefined &&
          (writer ? (
            <DropZone maxBytes={config.upload_max_bytes} onFiles={take} />
          ) : (
            <Card>
              <Notice icon={<IconLock size={26} />} color="gray" title={t('upload.no_permission_title')}>
                {t('upload.no_permission_text', { role: t(`roles.${role}`) })}
              </Notice>
            </Card>
          ))}
        {!busy && shown === undefined && jobs && openJobs(jobs) > 0 && <ReadingProgress jobs={jobs} />}
      </Stack>
      <Recent current={shown} />
    </>
  );
}
