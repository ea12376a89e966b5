// SPDX-License-Identifier: MIT
// What a part of a page shows when it has nothing to show: loading, empty, failed, not allowed.
import { Alert, Button, Center, Loader, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import { useSession } from '@/shared/session/session';
import { errorText } from './errorText';
import { IconFile, IconLock, IconWarning } from './icons';

interface NoticeProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  color?: string;
}

export function Notice({ icon, title, children, action, color = 'brand' }: NoticeProps): ReactNode {
  return (
    <Center py="xl" px="md">
      <Stack align="center" gap="sm" maw={440}>
        <ThemeIcon size={52} radius="xl" variant="light" color={color}>
          {icon}
        </ThemeIcon>
        <Title order={2} size="h4" ta="center" textWrap="balance">
          {title}
        </Title>
        {children && (
          <Text c="dimmed" size="sm" ta="center" component="div">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

export function LoadingState({ label, height = 240 }: { label: string; height?: number }): ReactNode {
  return (
    <Center h={height} role="status" aria-label={label}>
      <Loader size="sm" />
    </Center>
  );
}

export function NoPermission(): ReactNode {
  const { t } = useTranslation();
  const { role } = useSession();
  return (
    <Notice icon={<IconLock size={26} />} title={t('state.no_permission_title')} color="gray">
      {t('state.no_permission_text', { role: t(`roles.${role}`) })}
    </Notice>
  );
}

export function EmptyState({ action }: { action?: ReactNode }): ReactNode {
  const { t } = useTranslation();
  return (
    <Notice icon={<IconFile size={26} />} title={t('state.empty_title')} action={action}>
      {t('state.empty_text')}
    </Notice>
  );
}

interface ErrorNoteProps {
  error: unknown;
  retry?: (() => void) | undefined;
  title?: string;
}

/** A failure in place: the sentence, the request code to quote, and another try. 403 gets its own words. */
export function ErrorNote({ error, retry, title }: ErrorNoteProps): ReactNode {
  const { t } = useTranslation();
  const { text, requestId } = errorText(t, error);
  return (
    <Alert
      role="alert"
      variant="light"
      color="red"
      icon={<IconWarning />}
      title={title ?? t('error.title')}
      my="sm"
    >
      <Text size="sm">{text}</Text>
      {requestId && (
        <Text size="xs" mt={4} c="dimmed">
          {t('state.request_id', { id: requestId })}
        </Text>
      )}
      {retry && (
        <Button mt="sm" size="xs" variant="default" onClick={retry}>
          {t('state.retry')}
        </Button>
      )}
    </Alert>
  );
}

export function FailedState(props: ErrorNoteProps): ReactNode {
  if (props.error instanceof ApiError && props.error.status === 403) return <NoPermission />;
  return <ErrorNote {...props} />;
}
