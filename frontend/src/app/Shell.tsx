// SPDX-License-Identifier: MIT
// The frame around every page: navigation at the side on a desk, at the foot on a phone.
import { AppShell, Avatar, Badge, Group, Menu, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useUpload } from '@/features/upload';
import { openJobs, useJobs, useRefreshAfterReading } from '@/shared/api/jobs';
import { useFormats } from '@/shared/format/useFormats';
import { useSession } from '@/shared/session/session';
import { IconDashboard, IconMeetings, IconSignOut, IconUpload, Logo } from '@/shared/ui/icons';
import { LanguageSwitch, ThemeSwitch } from '@/shared/ui/prefs';
import classes from './Shell.module.css';

const PAGES = [
  { to: '/dashboard', label: 'nav.dashboard', icon: IconDashboard },
  { to: '/meetings', label: 'nav.meetings', icon: IconMeetings },
  { to: '/upload', label: 'nav.upload', icon: IconUpload },
] as const;

function Navigation({ className }: { className: string | undefined }): ReactNode {
  const { t } = useTranslation();
  const path = useRouterState({ select: (s) => s.location.pathname });
  return (
    <nav aria-label={t('nav.main')} className={className}>
      {PAGES.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          search={{}}
          className={classes.link}
          aria-current={path.startsWith(to) ? 'page' : undefined}
        >
          <Icon size={20} />
          <span>{t(label)}</span>
        </Link>
      ))}
    </nav>
  );
}

/** What runs in the background, wherever one is: the upload first, then the reading. */
function Activity(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const { state } = useUpload();
  const { data: jobs } = useJobs();

  const open = jobs ? openJobs(jobs) : 0;
  const text =
    state.phase === 'sending'
      ? t('upload.shell_sending', {
          percent: formats.percent(state.total > 0 ? state.loaded / state.total : 0),
        })
      : open > 0
        ? t('upload.shell_reading', { n: formats.int(open) })
        : null;
  if (text === null) return null;
  return (
    <Link to="/upload" search={{}} className={classes.activity}>
      <Badge variant="light" size="lg" tt="none" fw={600} className={classes.pulse}>
        {text}
      </Badge>
    </Link>
  );
}

function Account(): ReactNode {
  const { t } = useTranslation();
  const { me, role, signOut } = useSession();
  const name = me.user?.name ?? me.user?.email ?? '';
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((w) => w.charAt(0).toUpperCase())
    .join('');
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton className={classes.account}>
          <VisuallyHidden>{t('prefs.account', { name })}</VisuallyHidden>
          <Avatar size={34} radius="xl" color="brand" variant="light" aria-hidden="true">
            {initials}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <Text fw={600} size="sm" truncate>
            {name}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {me.user?.email}
          </Text>
          <Text size="xs" c="dimmed">
            {me.tenant.name} · {t('prefs.role', { role: t(`roles.${role}`) })}
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconSignOut size={18} />} onClick={signOut}>
          {t('prefs.sign_out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function Shell(): ReactNode {
  const { t } = useTranslation();
  const { me } = useSession();
  useRefreshAfterReading();
  return (
    <AppShell
      header={{ height: 58 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: true } }}
      footer={{ height: { base: 60, sm: 0 } }}
      padding={0}
    >
      <a href="#content" className={classes.skip}>
        {t('app.skip_to_content')}
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px={{ base: 'sm', sm: 'lg' }} justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="sm" wrap="nowrap" className={classes.brand}>
            <Logo />
            <Text fw={700} visibleFrom="sm">
              {t('app.name')}
            </Text>
            <span className={classes.slash} aria-hidden="true" />
            <Text c="dimmed" size="sm" truncate data-testid="tenant">
              {me.tenant.name}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Activity />
            <LanguageSwitch />
            <ThemeSwitch />
            <Account />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar}>
        <Navigation className={classes.side} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <div className={classes.page}>
          <Outlet />
        </div>
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm" className={classes.footer}>
        <Navigation className={classes.foot} />
      </AppShell.Footer>
    </AppShell>
  );
}
