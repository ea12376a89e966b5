// SPDX-License-Identifier: MIT
import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export function OutcomeBadge({ closed }: { closed: boolean }): ReactNode {
  const { t } = useTranslation();
  return (
    <Badge variant="light" tt="none" fw={600} color={closed ? 'green' : 'gray'}>
      {t(closed ? 'meetings.closed' : 'meetings.not_closed')}
    </Badge>
  );
}
