// SPDX-License-Identifier: MIT
import { Alert, Box, Button, Group, List, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import {
  IconArrowRight,
  IconChart,
  IconInfo,
  IconLock,
  IconQuote,
  IconWarning,
  Logo,
} from '@/shared/ui/icons';
import { LanguageSwitch, ThemeSwitch } from '@/shared/ui/prefs';
import classes from './SignIn.module.css';

interface SignInPageProps {
  onSignIn?: () => void;
  busy?: boolean;
  /** The session ran out while somebody worked. */
  expired?: boolean;
  failed?: boolean;
  children?: ReactNode;
}

export function SignInPage({ onSignIn, busy, expired, failed, children }: SignInPageProps): ReactNode {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t('app.name');
  }, [t]);

  const points = [
    { icon: <IconQuote size={16} />, text: t('auth.point_read') },
    { icon: <IconChart size={16} />, text: t('auth.point_chart') },
    { icon: <IconLock size={16} />, text: t('auth.point_private') },
  ];

  return (
    <div className={classes.page}>
      <Group component="header" className={classes.top} justify="space-between">
        <Group gap="xs">
          <Logo />
          <Text fw={700}>{t('app.name')}</Text>
        </Group>
        <Group gap="xs">
          <LanguageSwitch />
          <ThemeSwitch />
        </Group>
      </Group>
      <main className={classes.main}>
        <Box className={classes.pitch}>
          <Title order={1} className={classes.tagline}>
            {t('app.tagline')}
          </Title>
          <List spacing="md" mt="xl" center listStyleType="none">
            {points.map(({ icon, text }) => (
              <List.Item
                key={text}
                icon={
                  <ThemeIcon variant="light" size={34} radius="md">
                    {icon}
                  </ThemeIcon>
                }
              >
                {text}
              </List.Item>
            ))}
          </List>
        </Box>
        <Paper className={classes.card} withBorder radius="lg" p="xl">
          {children ?? (
            <Stack gap="md">
              <div>
                <Title order={2} size="h3">
                  {t('auth.title')}
                </Title>
                <Text c="dimmed" size="sm" mt={4}>
                  {t('auth.explain')}
                </Text>
              </div>
              {expired && !failed && (
                <Alert role="status" variant="light" color="yellow" icon={<IconInfo />}>
                  {t('auth.expired')}
                </Alert>
              )}
              {failed && (
                <Alert
                  role="alert"
                  variant="light"
                  color="red"
                  icon={<IconWarning />}
                  title={t('auth.failed')}
                >
                  {t('auth.failed_hint')}
                </Alert>
              )}
              <Button
                size="md"
                fullWidth
                loading={busy ?? false}
                onClick={onSignIn}
                rightSection={<IconArrowRight size={18} />}
              >
                {t('auth.sign_in')}
              </Button>
            </Stack>
          )}
        </Paper>
      </main>
    </div>
  );
}
