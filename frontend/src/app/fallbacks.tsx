// SPDX-License-Identifier: MIT
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { IconInfo, IconWarning } from '@/shared/ui/icons';
import { ButtonLink } from '@/shared/ui/links';
import { Notice } from '@/shared/ui/states';

export function NotFound(): ReactNode {
  const { t } = useTranslation();
  return (
    <Notice
      icon={<IconInfo size={26} />}
      title={t('app.not_found_title')}
      action={<ButtonLink to="/dashboard">{t('app.back_home')}</ButtonLink>}
    >
      {t('app.not_found_text')}
    </Notice>
  );
}

export function Crash(): ReactNode {
  const { t } = useTranslation();
  return (
    <Notice
      icon={<IconWarning size={26} />}
      color="red"
      title={t('app.crash_title')}
      action={<Button onClick={() => window.location.reload()}>{t('app.reload')}</Button>}
    >
      {t('app.crash_text')}
    </Notice>
  );
}
