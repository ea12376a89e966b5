// SPDX-License-Identifier: MIT
// The list: pages are fetched as one scrolls, and only the rows in view exist. A real table for whoever cannot see it.
import { Badge, Button, Group, Menu, NativeSelect, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { Link, Outlet, getRouteApi } from '@tanstack/react-router';
import { createColumnHelper, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { findField, optionLabel, useFields } from '@/shared/api/fields';
import type { Meeting } from '@/shared/api/types';
import { useFormats, useLanguage } from '@/shared/format/useFormats';
import { may, useSession } from '@/shared/session/session';
import { IconDownload, IconSort, IconSortDown, IconSortUp } from '@/shared/ui/icons';
import { ButtonLink } from '@/shared/ui/links';
import { PageHeader } from '@/shared/ui/PageHeader';
import { EmptyState, ErrorNote, FailedState, LoadingState } from '@/shared/ui/states';
import { downloadMeetings, EXPORTS, useMeetings, type ExportFormat } from './api';
import classes from './Meetings.module.css';
import { OutcomeBadge } from './OutcomeBadge';
import { DEFAULT_SORT, QUERY_CHARS, ariaSort, nextSort, type Sort } from './search';

const route = getRouteApi('/meetings');
const features = tableFeatures({});
const helper = createColumnHelper<typeof features, Meeting>();
const NONE: Meeting[] = [];

const ROW_PX = 56;
/** With a line below for the words that were found. */
const FOUND_PX = 76;
const CARD_PX = 92;
/** Fetch the next page when this many rows are left below. */
const AHEAD = 30;
const SEARCH_MS = 250;

const SORTABLE = { client: 'client_name', date: 'meeting_date', seller: 'sales_rep' } as const;
type SortableId = keyof typeof SORTABLE;
const isSortable = (id: string): id is SortableId => id in SORTABLE;

/** What is typed goes to the address a moment later, and from there to the program. */
function SearchBox({ q, ask }: { q: string; ask: (q: string) => void }): ReactNode {
  const { t } = useTranslation();
  // What is being typed runs ahead of the address; once the box is left, the address is what counts.
  const [draft, setDraft] = useState<string | null>(null);
  const later = useDebouncedCallback(ask, SEARCH_MS);
  return (
    <TextInput
      type="search"
      aria-label={t('meetings.search_label')}
      placeholder={t('meetings.search_hint')}
      maxLength={QUERY_CHARS}
      value={draft ?? q}
      onChange={(e) => {
        setDraft(e.currentTarget.value);
        later(e.currentTarget.value);
      }}
      onBlur={() => {
        later.flush();
        setDraft(null);
      }}
    />
  );
}

function ExportMenu({ sort, q }: { sort: Sort; q: string }): ReactNode {
  const { t } = useTranslation();
  const file = useMutation({ mutationFn: (format: ExportFormat) => downloadMeetings(format, sort, q) });
  return (
    <div>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconDownload size={18} />} loading={file.isPending}>
            {t('meetings.export')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {EXPORTS.map((format) => (
            <Menu.Item key={format} onClick={() => file.mutate(format)}>
              {t(`meetings.export_${format}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {file.isError && <ErrorNote error={file.error} />}
    </div>
  );
}

export function MeetingsPage(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const language = useLanguage();
  const { me } = useSession();
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const navigate = route.useNavigate();
  const { sort = DEFAULT_SORT, q = '' } = route.useSearch();
  const { data: fields } = useFields();
  const meetings = useMeetings(sort, q);

  const rows = useMemo(() => meetings.data?.pages.flatMap((p) => p.meetings) ?? NONE, [meetings.data]);
  const total = meetings.data?.pages[0]?.total ?? 0;

  const columns = useMemo(() => {
    const option = (field: string, value: string | null | undefined): ReactNode =>
      value == null ? (
        <span className={classes.none} aria-label={t('meetings.unknown')}>
          —
        </span>
      ) : (
        (optionLabel(findField(fields, field), value, language) ?? value)
      );
    return helper.columns([
      helper.display({
        id: 'client',
        header: () => t('meetings.client'),
        cell: ({ row }) => (
          <div className={classes.client}>
            <Link
              to="/meetings/$meetingId"
              params={{ meetingId: row.original.meeting_id }}
              search={(s) => s}
              className={classes.open}
              aria-label={t('meetings.open', { name: row.original.client_name })}
            >
              {row.original.client_name}
            </Link>
            <span className={classes.sub}>{row.original.snippet ?? row.original.email}</span>
          </div>
        ),
      }),
      helper.display({
        id: 'date',
        header: () => t('meetings.date'),
        cell: ({ row }) => formats.day(row.original.meeting_date),
      }),
      helper.display({
        id: 'seller',
        header: () => t('meetings.seller'),
        cell: ({ row }) => row.original.sales_rep,
      }),
      helper.display({
        id: 'outcome',
        header: () => t('meetings.outcome'),
        cell: ({ row }) => <OutcomeBadge closed={row.original.closed} />,
      }),
      helper.display({
        id: 'sector',
        header: () => t('meetings.sector'),
        cell: ({ row }) =>
          row.original.state === 'read' ? (
            option('sector', row.original.sector)
          ) : (
            <Badge
              variant="light"
              tt="none"
              fw={500}
              color={row.original.state === 'failed' ? 'red' : 'yellow'}
            >
              {t(`meetings.state_${row.original.state}`)}
            </Badge>
          ),
      }),
      helper.display({
        id: 'channel',
        header: () => t('meetings.channel'),
        cell: ({ row }) => option('discovery_channel', row.original.discovery_channel),
      }),
      helper.display({
        id: 'company_size',
        header: () => t('meetings.company_size'),
        cell: ({ row }) => option('company_size', row.original.company_size),
      }),
      helper.display({
        id: 'volume',
        header: () => t('meetings.volume'),
        cell: ({ row }) => {
          const volume = row.original.interaction_volume_daily;
          return volume == null ? option('interaction_volume_daily', null) : formats.int(volume);
        },
      }),
    ]);
  }, [t, fields, language, formats]);

  const table = useTable({ features, columns, data: rows, getRowId: (m) => m.meeting_id });
  const tableRows = table.getRowModel().rows;

  const found = q !== '';
  const rowPx = phone ? CARD_PX : found ? FOUND_PX : ROW_PX;
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: tableRows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();

  useEffect(() => virtualizer.measure(), [virtualizer, rowPx]);
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [sort, q]);

  const lastSeen = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = meetings;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && lastSeen >= rows.length - AHEAD) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, lastSeen, rows.length]);

  const sortBy = (next: Sort): void =>
    void navigate({ search: (s) => ({ ...s, sort: next }), replace: true });
  const ask = (next: string): void =>
    void navigate({
      search: ({ q: _, ...s }) => (next.trim() ? { ...s, q: next } : s),
      replace: true,
    });

  let body: ReactNode;
  if (meetings.isPending) body = <LoadingState label={t('state.loading_table')} height={320} />;
  else if (meetings.isError && rows.length === 0) {
    body = <FailedState error={meetings.error} retry={() => void meetings.refetch()} />;
  } else if (rows.length === 0 && q) {
    body = (
      <Text c="dimmed" ta="center" py="xl" role="status">
        {t('meetings.search_none')}
      </Text>
    );
  } else if (rows.length === 0) {
    body = (
      <EmptyState
        action={
          may(me, 'data:write') ? <ButtonLink to="/upload">{t('state.empty_action')}</ButtonLink> : null
        }
      />
    );
  } else {
    body = (
      <>
        <div ref={scroller} className={classes.scroller}>
          <div
            role="table"
            aria-label={t('meetings.table_label')}
            aria-rowcount={total + 1}
            className={classes.table}
            data-phone={phone || undefined}
            data-found={(found && !phone) || undefined}
          >
            <div role="rowgroup" className={classes.head}>
              {table.getHeaderGroups().map((group) => (
                <div role="row" aria-rowindex={1} key={group.id} className={classes.row}>
                  {group.headers.map((header) => {
                    const column = isSortable(header.id) ? SORTABLE[header.id] : null;
                    const direction = column ? ariaSort(sort, column) : 'none';
                    return (
                      <div
                        role="columnheader"
                        key={header.id}
                        data-col={header.id}
                        className={classes.cell}
                        {...(column ? { 'aria-sort': direction } : {})}
                      >
                        {column ? (
                          <button
                            type="button"
                            className={classes.sort}
                            onClick={() => sortBy(nextSort(sort, column))}
                          >
                            <table.FlexRender header={header} />
                            {direction === 'ascending' ? (
                              <IconSortUp size={16} />
                            ) : direction === 'descending' ? (
                              <IconSortDown size={16} />
                            ) : (
                              <IconSort size={14} className={classes.idle} />
                            )}
                          </button>
                        ) : (
                          <table.FlexRender header={header} />
                        )}
                      </div>
                    );
                  })}
                </div>
              ))}
            </div>
            <div role="rowgroup" className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
              {items.map((item) => {
                const row = tableRows[item.index];
                if (!row) return null;
                return (
                  // The link in the first cell is the control; the row only makes its target larger for a pointer.
                  // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                  <div
                    role="row"
                    key={row.id}
                    aria-rowindex={item.index + 2}
                    className={classes.row}
                    style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                    onClick={(e) => {
                      if (e.target instanceof Element && e.target.closest('a, button')) return;
                      if (window.getSelection()?.toString()) return;
                      void navigate({
                        to: '/meetings/$meetingId',
                        params: { meetingId: row.original.meeting_id },
                        search: (s) => s,
                      });
                    }}
                  >
                    {row.getAllCells().map((cell) => (
                      <div role="cell" key={cell.id} data-col={cell.column.id} className={classes.cell}>
                        <table.FlexRender cell={cell} />
                      </div>
                    ))}
                  </div>
                );
              })}
            </div>
          </div>
        </div>
        {isFetchNextPageError && <ErrorNote error={meetings.error} retry={() => void fetchNextPage()} />}
        <Text size="xs" c="dimmed" ta="center" py={6} aria-live="polite">
          {isFetchingNextPage ? t('meetings.loading_more') : hasNextPage ? '\u00a0' : t('meetings.end')}
        </Text>
      </>
    );
  }

  return (
    <div className={classes.page}>
      <PageHeader
        title={t('meetings.title')}
        subtitle={
          meetings.isSuccess ? t('meetings.count', { count: total, n: formats.int(total) }) : '\u00a0'
        }
        actions={
          (rows.length > 0 || q) && (
            <Group gap="sm">
              <SearchBox q={q} ask={ask} />
              <NativeSelect
                hiddenFrom="sm"
                aria-label={t('meetings.sort_label')}
                value={sort}
                onChange={(e) => sortBy(e.currentTarget.value as Sort)}
                data={[
                  { value: '-meeting_date', label: t('meetings.sort_date_desc') },
                  { value: 'meeting_date', label: t('meetings.sort_date_asc') },
                ]}
              />
              <ExportMenu sort={sort} q={q} />
            </Group>
          )
        }
      />
      <div className={classes.card}>{body}</div>
      <Outlet />
    </div>
  );
}
