// SPDX-License-Identifier: MIT
// What became of a file: its rows, how far the reading is, and the rows that could not be used.
import { Button, Card, Group, Progress, ScrollArea, SimpleGrid, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { JobCounts, UploadCounts } from '@/shared/api/types';
import { useFormats } from '@/shared/format/useFormats';
import { rowErrorText } from '@/shared/ui/errorText';
import { IconArrowRight, IconCheck, IconInfo, IconWarning } from '@/shared/ui/icons';
import { ButtonLink } from '@/shared/ui/links';
import { ErrorNote, LoadingState, Notice } from '@/shared/ui/states';
import { useUploadDetail, useUploadErrors } from './api';
import { COUNTS, countsAddUp, readingOf, type CountName } from './machine';
import classes from './Upload.module.css';

const TONE: Record<CountName, string> = {
  created: 'brand',
  updated: 'teal',
  duplicate: 'gray',
  invalid: 'red',
  skipped: 'dark',
};

function Counts({ counts }: { counts: UploadCounts }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const shown = COUNTS.filter((c) => counts[c] > 0);
  return (
    <div role="group" aria-label={t('upload.counts_label')}>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 5 }} spacing="sm">
        {COUNTS.map((c) => (
          <div key={c} className={classes.count} data-tone={counts[c] > 0 ? TONE[c] : 'none'} data-count={c}>
            <Text size="xs" c="dimmed">
              {t(`upload.${c}`)}
            </Text>
            <Text fw={700} size="xl" className="cm-num">
              {formats.int(counts[c])}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      <Text size="sm" c="dimmed" mt="sm" className="cm-num">
        {countsAddUp(counts)
          ? t('upload.counts_sum', {
              parts: (shown.length > 0 ? shown : COUNTS.slice(0, 1))
                .map((c) => formats.int(counts[c]))
                .join(' + '),
              total: formats.int(counts.rows),
            })
          : t('upload.counts_mismatch')}
      </Text>
    </div>
  );
}

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

function RowErrors({ id }: { id: string }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
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
      </div>
      <ScrollArea.Autosize
        mah={420}
        type="auto"
        viewportProps={{ tabIndex: 0, 'aria-label': t('upload.errors_title') }}
      >
        <Table verticalSpacing="xs" horizontalSpacing="md" stickyHeader className={classes.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('upload.errors_line')}</Table.Th>
              <Table.Th>{t('upload.errors_column')}</Table.Th>
              <Table.Th>{t('upload.errors_value')}</Table.Th>
              <Table.Th>{t('upload.errors_reason')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((e, i) => (
              <Table.Tr key={`${e.line}-${e.column ?? ''}-${i}`}>
                <Table.Td className="cm-num">{formats.int(e.line)}</Table.Td>
                <Table.Td>{e.column && t([`column.${e.column}`, 'upload.errors_column'] as never)}</Table.Td>
                <Table.Td className={classes.value}>{e.value}</Table.Td>
                <Table.Td>{rowErrorText(t, e.code, e.params)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
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
  onAnother?: (() => void) | undefined;
}

export function UploadResult({ id, onAnother }: UploadResultProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const detail = useUploadDetail(id);
  if (detail.isPending) return <LoadingState label={t('app.loading')} height={160} />;
  if (detail.isError) return <ErrorNote error={detail.error} retry={() => void detail.refetch()} />;
  const upload = detail.data;
  if (upload.state !== 'loaded') {
    const failed = upload.state === 'failed';
    return (
      <Card data-testid="upload-result">
        <Notice
          icon={failed ? <IconWarning size={26} /> : <IconInfo size={26} />}
          color={failed ? 'red' : 'gray'}
          title={t(failed ? 'upload.failed_title' : 'upload.receiving_title', { name: upload.filename })}
          action={onAnother && <Button onClick={onAnother}>{t('upload.another')}</Button>}
        >
          {failed && t([`error.${upload.failure ?? 'generic'}`, 'error.generic'] as never)}
        </Notice>
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
                {t('upload.result_title', { name: upload.filename })}
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
        <Counts counts={upload} />
      </Card>
      <ReadingProgress jobs={upload.jobs} />
      {upload.invalid > 0 && <RowErrors id={id} />}
    </section>
  );
}
