// SPDX-License-Identifier: MIT
// A file before it is loaded: how the service reads it, which column is what, and what would happen.
import {
  Alert,
  Button,
  Card,
  Checkbox,
  Group,
  NativeSelect,
  Radio,
  ScrollArea,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '@/shared/format/useFormats';
import { IconInfo, IconWarning } from '@/shared/ui/icons';
import { ErrorNote } from '@/shared/ui/states';
import { COLUMNS, type Column, type UploadPreview } from './contract';
import { Counts } from './Counts';
import { fromWorkbook, shownName, type UploadState } from './machine';
import {
  chosenByHand,
  DATE_ORDERS,
  DELIMITERS,
  ENCODINGS,
  mapColumn,
  mayUpload,
  ON_CHANGE,
  rereadAs,
  withProposal,
  type UploadOptions,
} from './options';
import { RowErrorTable } from './RowErrorTable';
import { SaveMapping } from './SaveMapping';
import classes from './Upload.module.css';

type ReviewState = Extract<UploadState, { phase: 'review' }>;

interface PartProps {
  state: ReviewState;
  onOptions: (options: UploadOptions) => void;
}

const DELIMITER_KEY: Record<string, 'comma' | 'semicolon' | 'tab' | 'pipe'> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'pipe',
};

/** A choice among what is known, with what the file itself says when that is none of it. */
const withFound = (known: readonly string[], found: string): string[] =>
  known.includes(found) ? [...known] : [found, ...known];

function Settings({ state, onOptions }: PartProps): ReactNode {
  const { t } = useTranslation();
  const { settings, missing } = state.preview;
  const { options, busy } = state;
  const delimiter = (d: string): string => {
    const key = DELIMITER_KEY[d];
    return key ? t(`upload.delimiter_${key}`) : d;
  };
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      {!fromWorkbook(state.file.name) && (
        <>
          <NativeSelect
            label={t('upload.encoding')}
            disabled={busy}
            value={settings.encoding}
            error={settings.warnings?.includes('text_looks_wrong') ? t('upload.text_looks_wrong') : undefined}
            data={withFound(ENCODINGS, settings.encoding).map((e) => ({ value: e, label: e.toUpperCase() }))}
            onChange={(e) => onOptions(rereadAs(options, { encoding: e.currentTarget.value }))}
          />
          <NativeSelect
            label={t('upload.delimiter')}
            disabled={busy}
            value={settings.delimiter}
            data={withFound(DELIMITERS, settings.delimiter).map((d) => ({ value: d, label: delimiter(d) }))}
            onChange={(e) => onOptions(rereadAs(options, { delimiter: e.currentTarget.value }))}
          />
        </>
      )}
      <NativeSelect
        label={t('upload.date_order')}
        disabled={busy}
        value={settings.date_order}
        // Without a column of dates there is nothing yet that could be read in two ways.
        error={
          settings.date_order_certain || missing.includes('meeting_date')
            ? undefined
            : t('upload.date_order_uncertain')
        }
        data={DATE_ORDERS.map((o) => ({ value: o, label: t(`upload.date_order_${o}`) }))}
        onChange={(e) => onOptions({ ...options, dateOrder: e.currentTarget.value })}
      />
    </SimpleGrid>
  );
}

/** What stands under a header in the first row that has something there. */
function sampleOf(preview: UploadPreview, header: string | null | undefined): string {
  const at = header ? preview.settings.headers.indexOf(header) : -1;
  if (at < 0) return '';
  return preview.rows.map((r) => r[at] ?? '').find((v) => v.trim() !== '') ?? '';
}

function Columns({ state, onOptions }: PartProps): ReactNode {
  const { t } = useTranslation();
  const { preview, options, busy } = state;
  const { headers, columns } = preview.settings;
  const choose = (column: Column, header: string): void =>
    onOptions({
      ...options,
      mappingId: null,
      mapping: mapColumn(columns, column, header === '' ? null : header),
    });
  return (
    <ScrollArea type="auto">
      <Table verticalSpacing={6} horizontalSpacing="sm" className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('upload.map_column')}</Table.Th>
            <Table.Th>{t('upload.map_header')}</Table.Th>
            <Table.Th>{t('upload.map_sample')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {COLUMNS.map((column) => (
            <Table.Tr key={column}>
              <Table.Td>{t(`column.${column}`)}</Table.Td>
              <Table.Td>
                <NativeSelect
                  size="xs"
                  disabled={busy}
                  aria-label={t('upload.map_label', { column: t(`column.${column}`) })}
                  value={columns[column] ?? ''}
                  error={preview.missing.includes(column)}
                  data={[
                    { value: '', label: t('upload.map_none') },
                    ...[...new Set(headers)].filter((h) => h !== '').map((h) => ({ value: h, label: h })),
                  ]}
                  onChange={(e) => choose(column, e.currentTarget.value)}
                />
              </Table.Td>
              <Table.Td className={classes.sample}>{sampleOf(preview, columns[column])}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}

function Proposal({ state, onOptions }: PartProps): ReactNode {
  const { t } = useTranslation();
  const proposal = state.preview.mapping_proposal;
  if (!proposal || state.options.mappingId === proposal.mapping_id) return null;
  return (
    <Alert color="brand" variant="light" icon={<IconInfo />}>
      <Group justify="space-between" gap="sm">
        <Text size="sm">{t('upload.proposal', { name: proposal.name })}</Text>
        <Button
          size="xs"
          variant="default"
          disabled={state.busy}
          onClick={() => onOptions(withProposal(state.options, proposal))}
        >
          {t('upload.proposal_use')}
        </Button>
      </Group>
    </Alert>
  );
}

function Policy({ state, onOptions }: PartProps): ReactNode {
  const { t } = useTranslation();
  const { options, busy } = state;
  return (
    <Stack gap="sm">
      <Radio.Group
        label={t('upload.on_change')}
        value={options.onChange}
        onChange={(v) => onOptions({ ...options, onChange: v })}
      >
        <Group mt={6} gap="md">
          {ON_CHANGE.map((v) => (
            <Radio key={v} value={v} label={t(`upload.on_change_${v}`)} disabled={busy} />
          ))}
        </Group>
      </Radio.Group>
      <Checkbox
        label={t('upload.all_or_nothing')}
        description={t('upload.all_or_nothing_hint')}
        checked={options.allOrNothing}
        disabled={busy}
        onChange={(e) => onOptions({ ...options, allOrNothing: e.currentTarget.checked })}
      />
    </Stack>
  );
}

function Rows({ preview }: { preview: UploadPreview }): ReactNode {
  const { t } = useTranslation();
  return (
    <ScrollArea.Autosize
      mah={320}
      type="auto"
      viewportProps={{ tabIndex: 0, 'aria-label': t('upload.review_rows') }}
    >
      <Table verticalSpacing={4} horizontalSpacing="sm" stickyHeader className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            {preview.settings.headers.map((h, i) => (
              <Table.Th key={i}>{h}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {preview.rows.map((r, i) => (
            <Table.Tr key={i}>
              {r.map((cell, k) => (
                <Table.Td key={k} className={classes.sample}>
                  {cell}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}

interface ReviewProps extends PartProps {
  onConfirm: () => void;
  onCancel: () => void;
}

function Part({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <section>
      <Title order={3} size="h6" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}

export function Review({ state, onOptions, onConfirm, onCancel }: ReviewProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const { preview, busy } = state;
  const good = preview.would ? preview.would.rows - preview.would.invalid - preview.would.skipped : 0;
  const refused = state.options.allOrNothing && (preview.would?.invalid ?? 0) > 0;
  const ready = mayUpload(preview) && !refused && (good > 0 || state.partial);
  return (
    <Card data-testid="review" aria-busy={busy}>
      <Stack gap="lg">
        <div>
          <Title order={2} size="h4" className={classes.break}>
            {t('upload.review_title', { name: shownName(state.file.name) })}
          </Title>
          <Text size="sm" c="dimmed">
            {t(state.partial ? 'upload.review_partial' : 'upload.review_hint')}
          </Text>
        </div>
        {state.error && <ErrorNote error={state.error} />}
        {preview.missing.length > 0 && (
          <Alert role="alert" color="yellow" variant="light" icon={<IconWarning />}>
            {t('upload.review_missing', {
              columns: preview.missing
                .map((c) => t([`column.${c}`, 'upload.errors_column'] as never))
                .join(', '),
            })}
          </Alert>
        )}
        <Proposal state={state} onOptions={onOptions} />
        {preview.would && (
          <Part title={t('upload.would_title')}>
            <Counts counts={preview.would} label={t('upload.would_title')} />
          </Part>
        )}
        {preview.errors.length > 0 && (
          <Part title={t('upload.review_errors')}>
            <RowErrorTable errors={preview.errors} byRow={fromWorkbook(state.file.name)} />
          </Part>
        )}
        <Part title={t('upload.review_settings')}>
          <Settings state={state} onOptions={onOptions} />
        </Part>
        <Part title={t('upload.map_title')}>
          {preview.settings.header_line > 1 && !fromWorkbook(state.file.name) && (
            <Text size="sm" c="dimmed" mb="xs">
              {t('upload.header_line', { n: formats.int(preview.settings.header_line) })}
            </Text>
          )}
          <Columns state={state} onOptions={onOptions} />
          {chosenByHand(state.options, preview) && (
            <SaveMapping
              key={JSON.stringify(state.options.mapping)}
              options={state.options}
              headers={preview.settings.headers}
            />
          )}
        </Part>
        <Part title={t('upload.policy_title')}>
          <Policy state={state} onOptions={onOptions} />
        </Part>
        {preview.rows.length > 0 && (
          <Part title={t('upload.review_rows')}>
            <Rows preview={preview} />
          </Part>
        )}
        {refused && (
          <Text role="alert" size="sm" c="red">
            {t('upload.all_or_nothing_refused', {
              count: preview.would?.invalid ?? 0,
              n: formats.int(preview.would?.invalid ?? 0),
            })}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {t('upload.cancel')}
          </Button>
          <Button onClick={onConfirm} disabled={!ready} loading={busy}>
            {state.partial || !preview.would
              ? t('upload.confirm')
              : t('upload.confirm_rows', { count: good, n: formats.int(good) })}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
