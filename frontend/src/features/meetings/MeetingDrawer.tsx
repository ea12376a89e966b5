// SPDX-License-Identifier: MIT
// One meeting beside the list: what was read in it, and for each value the very words.
import { Alert, Anchor, Box, Drawer, Group, Text, Title, Tooltip } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldLabel, findField, useFields } from '@/shared/api/fields';
import type { Analysis, Evidence, Field, MeetingDetail } from '@/shared/api/types';
import { useFormats, useLanguage } from '@/shared/format/useFormats';
import { IconCheck, IconInfo, IconQuote, IconWarning } from '@/shared/ui/icons';
import { FailedState, LoadingState } from '@/shared/ui/states';
import { useMeeting } from './api';
import classes from './Detail.module.css';
import { cutPieces, evidenceSpans } from './evidence';
import { valueLabel } from './labels';
import { OutcomeBadge } from './OutcomeBadge';
import { GROUPS, GROUP_NAMES, extraFields, fieldValues, type FieldValues, type ValueItem } from './values';

const route = getRouteApi('/meetings/$meetingId');

function StatusIcon({ status }: { status: Evidence['status'] | null }): ReactNode {
  if (status === 'exact' || status === 'normalised') return <IconQuote size={14} />;
  if (status === 'absent') return <IconWarning size={14} />;
  return null;
}

interface ValueChipProps {
  item: ValueItem;
  text: string;
  active: boolean;
  findable: boolean;
  onToggle: () => void;
}

function ValueChip({ item, text, active, findable, onToggle }: ValueChipProps): ReactNode {
  const { t } = useTranslation();
  const hint = item.status ? t(`detail.status_${item.status}`) : null;
  const chip = findable ? (
    <button
      type="button"
      className={classes.chip}
      data-status={item.status}
      aria-pressed={active}
      aria-label={t('detail.show_evidence', { value: text })}
      onClick={onToggle}
    >
      {text}
      <StatusIcon status={item.status} />
    </button>
  ) : (
    <span className={classes.chip} data-status={item.status ?? 'none'}>
      {text}
      <StatusIcon status={item.status} />
      {item.status === 'absent' && hint && <span className={classes.srOnly}>({hint})</span>}
    </span>
  );
  return hint ? <Tooltip label={hint}>{chip}</Tooltip> : chip;
}

interface ReadingProps {
  analysis: Analysis;
  transcript: string;
  fields: readonly Field[] | undefined;
}

function Reading({ analysis, transcript, fields }: ReadingProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const language = useLanguage();
  const [active, setActive] = useState<number | null>(null);
  const marks = useRef(new Map<number, HTMLElement>());

  const spans = useMemo(() => evidenceSpans(transcript, analysis.evidence), [transcript, analysis.evidence]);
  const pieces = useMemo(() => cutPieces(transcript, spans), [transcript, spans]);
  const findable = useMemo(() => new Set(spans.map((s) => s.id)), [spans]);

  useEffect(() => {
    if (active === null) return;
    const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    marks.current.get(active)?.scrollIntoView({ block: 'nearest', behavior: calm ? 'auto' : 'smooth' });
  }, [active]);

  const nameOf = (field: string): string => fieldLabel(findField(fields, field), language, field);
  const labelOf = (field: string, value: unknown): string =>
    valueLabel(t, fields, field, value, language, formats);

  const line = ({ field, items }: FieldValues): ReactNode => (
    <div key={field} className={classes.field} data-field={field}>
      <dt>{nameOf(field)}</dt>
      <dd>
        {items.length === 0 ? (
          <Text span size="sm" c="dimmed">
            {t('detail.none')}
          </Text>
        ) : (
          items.map((item, i) => (
            <ValueChip
              key={`${String(item.value)}-${i}`}
              item={item}
              text={labelOf(field, item.value)}
              active={item.evidence !== null && item.evidence === active}
              findable={item.evidence !== null && findable.has(item.evidence)}
              onToggle={() => setActive((was) => (was === item.evidence ? null : item.evidence))}
            />
          ))
        )}
      </dd>
    </div>
  );

  const groups = GROUP_NAMES.map((name) => {
    const names = name === 'context' ? [...GROUPS.context, ...extraFields(analysis)] : GROUPS[name];
    return { name, values: names.map((field) => fieldValues(analysis, field)) };
  });

  const provider = analysis.provider === 'rules' ? t('detail.provider_rules') : analysis.provider;
  return (
    <div className={classes.split}>
      <section aria-label={t('detail.values_title')}>
        <Title order={3} size="h5">
          {t('detail.values_title')}
        </Title>
        <Text size="xs" c="dimmed" mb="sm">
          {t('detail.legend')}
        </Text>
        {groups.map(({ name, values }) => (
          <div key={name} className={classes.group}>
            <Title order={4} className={classes.groupTitle}>
              {t(`detail.group_${name}`)}
            </Title>
            <dl className={classes.fields}>{values.map(line)}</dl>
          </div>
        ))}
        <Text size="xs" c="dimmed" mt="md">
          {t('detail.read_by', { provider, when: formats.instant(analysis.created_at) })}
        </Text>
      </section>
      <section aria-label={t('detail.transcript_title')} className={classes.transcriptBox}>
        <Title order={3} size="h5" mb="xs">
          {t('detail.transcript_title')}
        </Title>
        <p className={classes.transcript} data-testid="transcript">
          {pieces.map((piece, i) =>
            piece.ids.length === 0 ? (
              <span key={i}>{piece.text}</span>
            ) : (
              <mark
                key={i}
                ref={(el) => {
                  for (const id of piece.begins) {
                    if (el) marks.current.set(id, el);
                    else marks.current.delete(id);
                  }
                }}
                title={t('detail.evidence_of', {
                  fields: [
                    ...new Set(piece.ids.map((id) => nameOf(analysis.evidence[id]?.field ?? ''))),
                  ].join(', '),
                })}
                data-on={(active !== null && piece.ids.includes(active)) || undefined}
                data-dim={(active !== null && !piece.ids.includes(active)) || undefined}
              >
                {piece.text}
              </mark>
            ),
          )}
        </p>
      </section>
    </div>
  );
}

function Unread({ meeting }: { meeting: MeetingDetail }): ReactNode {
  const { t } = useTranslation();
  const failed = meeting.state === 'failed';
  return (
    <>
      <Alert
        variant="light"
        color={failed ? 'red' : 'yellow'}
        icon={failed ? <IconWarning /> : <IconInfo />}
        title={t(failed ? 'detail.failed_title' : 'detail.pending_title')}
        my="md"
      >
        {t(failed ? 'detail.failed_text' : 'detail.pending_text')}
      </Alert>
      <Title order={3} size="h5" mb="xs">
        {t('detail.transcript_title')}
      </Title>
      <p className={classes.transcript} data-testid="transcript">
        {meeting.transcript}
      </p>
    </>
  );
}

function Facts({ meeting }: { meeting: MeetingDetail }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <dl className={classes.facts}>
      <div>
        <dt>{t('detail.date')}</dt>
        <dd>{formats.day(meeting.meeting_date)}</dd>
      </div>
      <div>
        <dt>{t('detail.seller')}</dt>
        <dd>{meeting.sales_rep}</dd>
      </div>
      {meeting.email && (
        <div>
          <dt>{t('detail.email')}</dt>
          <dd>
            <Anchor href={`mailto:${encodeURIComponent(meeting.email).replace('%40', '@')}`} size="sm">
              {meeting.email}
            </Anchor>
          </dd>
        </div>
      )}
      {meeting.phone && (
        <div>
          <dt>{t('detail.phone')}</dt>
          <dd>
            <Anchor href={`tel:${meeting.phone.replace(/[^\d+]/g, '')}`} size="sm">
              {meeting.phone}
            </Anchor>
          </dd>
        </div>
      )}
    </dl>
  );
}

export function MeetingDrawer(): ReactNode {
  const { t } = useTranslation();
  const { meetingId } = route.useParams();
  const router = useRouter();
  const navigate = route.useNavigate();
  const { data: fields } = useFields();
  const meeting = useMeeting(meetingId);

  // Back where one came from; for a link that was opened directly, to the list.
  const close = (): void => {
    if (router.history.canGoBack()) router.history.back();
    else void navigate({ to: '/meetings', search: (s) => s, replace: true });
  };

  return (
    <Drawer.Root opened onClose={close} position="right" size="min(980px, 100%)">
      <Drawer.Overlay backgroundOpacity={0.35} />
      <Drawer.Content>
        <Drawer.Header className={classes.header}>
          <Drawer.Title component="div">
            <Group gap="sm">
              <Title order={2} size="h3">
                {meeting.data?.client_name ?? (meeting.isError ? t('detail.unavailable') : t('app.loading'))}
              </Title>
              {meeting.data && <OutcomeBadge closed={meeting.data.closed} />}
              {meeting.data?.state === 'read' && (
                <Text span size="xs" c="dimmed" className={classes.read}>
                  <IconCheck size={14} /> {t('meetings.state_read')}
                </Text>
              )}
            </Group>
          </Drawer.Title>
          <Drawer.CloseButton aria-label={t('detail.close')} />
        </Drawer.Header>
        <Drawer.Body className={classes.body}>
          {meeting.isPending && <LoadingState label={t('app.loading')} height={320} />}
          {meeting.isError && <FailedState error={meeting.error} retry={() => void meeting.refetch()} />}
          {meeting.data && (
            <Box>
              <Facts meeting={meeting.data} />
              {meeting.data.analysis ? (
                <Reading
                  analysis={meeting.data.analysis}
                  transcript={meeting.data.transcript}
                  fields={fields}
                />
              ) : (
                <Unread meeting={meeting.data} />
              )}
            </Box>
          )}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
