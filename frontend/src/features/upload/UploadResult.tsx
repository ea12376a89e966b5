// SPDX-License-Identifier: MIT
// What became of a file: its rows, how far the reading is, and the rows that could not be used.
import { Button, Card, Group, Progress, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { JobCounts } from '@/shared/api/types';
import { useFormats } from '@/shared/format/useFormats';
import { IconArrowRight, IconCheck, IconInfo, IconWarning } from '@/shared/ui/icons';
import { ButtonLink } from '@/shared/ui/links';
import { ErrorNote, LoadingState, Notice } from '@/shared/ui/states';
import { useUploadDetail, useUploadErrors } from './api';
import type { UndoResult } from './contract';
import { Counts } from './Counts';
import { fromWorkbook, readingOf, shownName } from './machine';
import { ErrorsDownload, RowErrorTable } from './RowErrorTable';
import { Undo } from './Undo';
import classes from './Upload.module.css';

/** Follows the jobs until none is left. */
export function ReadingProgress({ jobs }: { jobs: JobCounts }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const reading = readingOf(jobs);
  const share = reading.total > 0 ? reading.done / reading.total : 1;
  const line = t('upload.reading_progress', {
    done: formats.int(reading.done),
    total: formats.int(reading.total),
  });
  const end =
    reading.total === 0
      ? t('upload.reading_nothing')
      : reading.failed > 0
        ? t('upload.reading_done_failed', { count: reading.failed, n: formats.int(reading.failed) })
        : t('upload.reading_done');
  return (
    <Card mt="md" data-testid="reading" data-running={reading.running}>
      <Group justify="space-between" mb="xs" wrap="nowrap">
        <Title order={3} size="h5" aria-live="polite">
          {reading.running ? t('upload.reading_title') : end}
        </Title>
        <Text size="sm" c="dimmed" className="cm-num" ta="right">
          {reading.total > 0 && line}
        </Text>
      </Group>
      <Progress.Root size="lg" radius="xl">
        <Progress.Section
          value={share * 100}
          striped={reading.running}
          animated={reading.running}
          color={reading.failed > 0 && !reading.running ? 'yellow' : 'brand'}
          aria-label={t('upload.reading_label')}
          aria-valuetext={line}
        />
      </Progress.Root>
      {!reading.running && (
        <Group mt="md" gap="sm">
          <ButtonLink to="/dashboard" rightSection={<IconArrowRight size={18} />}>
            {t('upload.see_dashboard')}
          </ButtonLink>
          <ButtonLink to="/meetings" variant="default">
            {t('upload.see_meetings')}
          </ButtonLink>
        </Group>
      )}
    </Card>
  );
}

function RowErrors({ id, byRow }: { id: string; byRow: boolean }): ReactNode {
  const { t } = useTranslation();
  const errors = useUploadErrors(id);
  if (errors.isPending) return <LoadingState label={t('state.loading_table')} height={120} />;
  if (errors.isError) return <ErrorNote error={errors.error} retry={() => void errors.refetch()} />;
  const rows = errors.data.pages.flatMap((p) => p.errors);
  return (
    <Card mt="md" p={0}>
      <div className={classes.cardHead}>
        <Title order={3} size="h5">
          {t('upload.errors_title')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('upload.errors_hint')}
        </Text>
        <ErrorsDownload id={id} />
      </div>
      <RowErrorTable errors={rows} byRow={byRow} />
      {errors.hasNextPage && (
        <Group justify="center" p="sm">
          <Button
            variant="subtle"
            size="xs"
            loading={errors.isFetchingNextPage}
            onClick={() => void errors.fetchNextPage()}
          >
            {t('upload.errors_more')}
          </Button>
        </Group>
      )}
    </Card>
  );
}

interface UploadResultProps {
  id: string;
  /** Missing for who may not take it back. */
  onUndone?: ((what: UndoResult, filename: string) => void) | undefined;
  onAnother?: (() => void) | undefined;
}

export function UploadResult({ id, onAnother, onUndone }: UploadResultProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const detail = useUploadDetail(id);
  if (detail.isPending) return <LoadingState label={t('app.loading')} height={160} />;
  if (detail.isError) return <ErrorNote error={detail.error} retry={() => void detail.refetch()} />;
  const upload = detail.data;
  const byRow = fromWorkbook(upload.filename);
  if (upload.state !== 'loaded') {
    const failed = upload.state === 'failed';
    return (
      <Card data-testid="upload-result">
        <Notice
          icon={failed ? <IconWarning size={26} /> : <IconInfo size={26} />}
          color={failed ? 'red' : 'gray'}
          title={t(failed ? 'upload.failed_title' : 'upload.receiving_title', {
            name: shownName(upload.filename),
          })}
          action={onAnother && <Button onClick={onAnother}>{t('upload.another')}</Button>}
        >
          {failed && t([`error.${upload.failure ?? 'generic'}`, 'error.generic'] as never)}
        </Notice>
        {failed && upload.invalid > 0 && <RowErrors id={id} byRow={byRow} />}
      </Card>
    );
  }
  return (
    <section data-testid="upload-result">
      <Card>
        <Group justify="space-between" mb="md" gap="sm">
          <Group gap="sm" wrap="nowrap" className={classes.shrink}>
            <span className={classes.tick}>
              <IconCheck size={18} />
            </span>
            <div className={classes.shrink}>
              <Title order={2} size="h4" className={classes.break}>
                {t('upload.result_title', { name: shownName(upload.filename) })}
              </Title>
              <Text size="sm" c="dimmed">
                {formats.instant(upload.created_at)} · {formats.bytes(upload.bytes)}
              </Text>
            </div>
          </Group>
          {onAnother && (
            <Button variant="default" onClick={onAnother}>
              {t('upload.another')}
            </Button>
          )}
        </Group>
        <Counts counts={upload} label={t('upload.counts_label')} />
      </Card>
      <ReadingProgress jobs={upload.jobs} />
      {upload.invalid > 0 && <RowErrors id={id} byRow={byRow} />}
      {onUndone && <Undo upload={upload} onUndone={onUndone} />}
    </section>
  );
}
