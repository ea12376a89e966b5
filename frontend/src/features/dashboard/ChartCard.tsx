// SPDX-License-Identifier: MIT
// The frame of one chart: title, its pickers, the picture or the table, and every state in between.
// The table is always in the page: shown on demand, and read by screen readers in any case.
import {
  Box,
  Card,
  Group,
  SegmentedControl,
  Skeleton,
  Table,
  Text,
  Title,
  VisuallyHidden,
} from '@mantine/core';
import { Suspense, lazy, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChartModel } from '@/shared/charts/model';
import { isEmpty, largest } from '@/shared/charts/model';
import { drawnBars } from '@/shared/charts/options';
import type { ChartProps } from '@/shared/charts/Chart';
import { useFormats } from '@/shared/format/useFormats';
import { IconChart, IconTable } from '@/shared/ui/icons';
import { FailedState, Notice } from '@/shared/ui/states';
import classes from './Dashboard.module.css';

const Chart = lazy(() => import('@/shared/charts/Chart'));

interface DataTableProps {
  model: ChartModel;
  heading: string;
  swatches: boolean;
  /** Absent in the hidden table: nothing invisible takes the focus. */
  onSelect?: ((index: number) => void) | undefined;
}

function DataTable({ model, heading, swatches, onSelect }: DataTableProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const sums = model.series.map((_, i) => model.categories.reduce((sum, c) => sum + (c.parts[i] ?? 0), 0));
  return (
    <Table className={classes.data} verticalSpacing={4} horizontalSpacing="sm">
      <caption className={classes.caption}>{t('dashboard.table_caption', { title: model.title })}</caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{heading}</Table.Th>
          {model.series.map((s) => (
            <Table.Th scope="col" ta="right" key={s.key ?? ''}>
              {s.label}
            </Table.Th>
          ))}
          <Table.Th scope="col" ta="right">
            {t('dashboard.table_total')}
          </Table.Th>
          <Table.Th scope="col" ta="right">
            {t('dashboard.table_share')}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {model.categories.map((c, i) => (
          <Table.Tr key={String(c.key)} data-key={String(c.key)}>
            <Table.Th scope="row" fw={400}>
              <span className={classes.rowName}>
                {swatches && (
                  <svg width="10" height="10" aria-hidden="true" className={classes.swatch}>
                    <rect width="10" height="10" rx="3" fill={c.color} />
                  </svg>
                )}
                {onSelect ? (
                  <button
                    type="button"
                    className={classes.pick}
                    aria-label={t('dashboard.filter_by', { value: c.label })}
                    onClick={() => onSelect(i)}
                  >
                    {c.label}
                  </button>
                ) : (
                  c.label
                )}
              </span>
            </Table.Th>
            {model.series.map((s, k) => (
              <Table.Td ta="right" key={s.key ?? ''}>
                {formats.decimal(c.parts[k] ?? 0)}
              </Table.Td>
            ))}
            <Table.Td ta="right" fw={600} data-value={c.value}>
              {formats.decimal(c.value)}
            </Table.Td>
            <Table.Td ta="right" c="dimmed">
              {model.total > 0 ? formats.percent(c.value / model.total) : '—'}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
      {model.series.length > 0 && (
        <Table.Tfoot>
          <Table.Tr>
            <Table.Th scope="row">{t('dashboard.table_total')}</Table.Th>
            {sums.map((sum, i) => (
              <Table.Td ta="right" fw={600} key={model.series[i]?.key ?? ''}>
                {formats.decimal(sum)}
              </Table.Td>
            ))}
            <Table.Td ta="right" fw={600}>
              {formats.decimal(model.total)}
            </Table.Td>
            <Table.Td />
          </Table.Tr>
        </Table.Tfoot>
      )}
    </Table>
  );
}

interface ChartCardProps {
  name: string;
  title: string;
  /** What the rows of the table are. */
  heading: string;
  pickers: ReactNode;
  model: ChartModel | undefined;
  error: unknown;
  retry: () => void;
  filtered: boolean;
  /** A value of an array field can put one meeting in several categories. */
  several: boolean;
  kind: 'bar' | 'pie';
  build: ChartProps['build'];
  height: ChartProps['height'];
  /** Absent when the categories cannot be filtered by. */
  onSelect: ((index: number) => void) | undefined;
  /** Slices as drawn may join the tail: gives the category of a drawn item, or -1. */
  categoryAt?: (dataIndex: number) => number;
}

export function ChartCard(props: ChartCardProps): ReactNode {
  const { name, title, heading, pickers, model, error, retry, filtered, several, kind, build, height } =
    props;
  const { t } = useTranslation();
  const formats = useFormats();
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const pie = kind === 'pie';

  let body: ReactNode;
  if (error !== null && error !== undefined && !model) body = <FailedState error={error} retry={retry} />;
  else if (!model) {
    body = (
      <Box role="status" aria-label={t('state.loading_chart')}>
        <Skeleton height={340} radius="md" />
      </Box>
    );
  } else if (isEmpty(model)) {
    body = (
      <Notice
        icon={<IconChart size={26} />}
        color="gray"
        title={t(filtered ? 'dashboard.no_match_title' : 'dashboard.no_values_title')}
      >
        {t(filtered ? 'dashboard.no_match_text' : 'dashboard.no_values_text')}
      </Notice>
    );
  } else {
    const top = largest(model);
    const drawn = drawnBars(model).length;
    const alt = t(pie ? 'dashboard.alt_pie' : 'dashboard.alt_bar', {
      title,
      categories: formats.int(model.categories.length),
      top: top?.label ?? '',
      value: formats.decimal(top?.value ?? 0),
    });
    const select = (dataIndex: number): void => {
      const at = props.categoryAt ? props.categoryAt(dataIndex) : dataIndex;
      if (at >= 0) props.onSelect?.(at);
    };
    const table = (interactive: boolean): ReactNode => (
      <DataTable
        model={model}
        heading={heading}
        swatches={pie}
        onSelect={interactive ? props.onSelect : undefined}
      />
    );
    // A long table scrolls, so the keyboard must be able to enter it, buttons inside or not.
    /* eslint-disable jsx-a11y/no-noninteractive-tabindex */
    const tableBox = (className: string | undefined): ReactNode => (
      <div
        className={className}
        role="group"
        aria-label={t('dashboard.table_caption', { title })}
        tabIndex={0}
      >
        {table(true)}
      </div>
    );
    /* eslint-enable jsx-a11y/no-noninteractive-tabindex */
    const picture = (
      <Suspense fallback={<Skeleton height={300} radius="md" />}>
        <Chart build={build} height={height} label={alt} onSelect={select} />
      </Suspense>
    );
    body = (
      <>
        {pie ? (
          // The table of a pie is its legend: always in sight.
          <div className={classes.pie} data-table={view === 'table' || undefined}>
            {view === 'chart' && (
              <div className={classes.donut}>
                {picture}
                <div className={classes.hole} aria-hidden="true">
                  <Text fw={700} className={classes.holeNumber}>
                    {formats.decimal(model.total)}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {t('dashboard.table_total')}
                  </Text>
                </div>
              </div>
            )}
            {tableBox(classes.legend)}
          </div>
        ) : view === 'chart' ? (
          <>
            {picture}
            <VisuallyHidden>{table(false)}</VisuallyHidden>
          </>
        ) : (
          tableBox(classes.scrollX)
        )}
        <Text size="xs" c="dimmed" mt="sm">
          {[
            model.missing > 0 && !model.categories.some((c) => c.key === null)
              ? t('dashboard.missing_note', { count: model.missing, n: formats.int(model.missing) })
              : null,
            several ? t('dashboard.several_note') : null,
            !pie && drawn < model.categories.length
              ? t('dashboard.drawn_note', {
                  n: formats.int(drawn),
                  total: formats.int(model.categories.length),
                })
              : null,
            model.truncated ? t('dashboard.truncated_note') : null,
            props.onSelect ? t('dashboard.click_hint') : null,
          ]
            .filter((s) => s !== null)
            .join(' · ')}
        </Text>
      </>
    );
  }

  return (
    <Card component="section" aria-label={title} data-chart={name} className={classes.card}>
      <Group justify="space-between" align="flex-start" mb="md" gap="sm" wrap="nowrap">
        <Title order={2} size="h4">
          {title}
        </Title>
        <SegmentedControl
          size="xs"
          aria-label={t('dashboard.view')}
          value={view}
          onChange={(v) => setView(v === 'table' ? 'table' : 'chart')}
          data={[
            {
              value: 'chart',
              label: (
                <span className={classes.viewIcon}>
                  <IconChart size={16} />
                  <VisuallyHidden>{t('dashboard.as_chart')}</VisuallyHidden>
                </span>
              ),
            },
            {
              value: 'table',
              label: (
                <span className={classes.viewIcon}>
                  <IconTable size={16} />
                  <VisuallyHidden>{t('dashboard.as_table')}</VisuallyHidden>
                </span>
              ),
            },
          ]}
        />
      </Group>
      <Group gap="sm" mb="md" align="flex-end">
        {pickers}
      </Group>
      {body}
    </Card>
  );
}
