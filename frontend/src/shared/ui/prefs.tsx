// SPDX-License-Identifier: MIT
// Language and theme: on the sign-in page and in the shell alike.
import { ActionIcon, Menu, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '@/shared/format/useFormats';
import { setLanguage } from '@/shared/i18n';
import { IconCheck, IconMoon, IconSun, IconSystem } from './icons';

export function LanguageSwitch(): ReactNode {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('prefs.language')}
      value={language}
      onChange={(value) => void setLanguage(value === 'en' ? 'en' : 'es')}
      data={[
        { value: 'es', label: <span lang="es">ES</span> },
        { value: 'en', label: <span lang="en">EN</span> },
      ]}
    />
  );
}

const THEMES = [
  { value: 'auto', icon: IconSystem },
  { value: 'light', icon: IconSun },
  { value: 'dark', icon: IconMoon },
] as const;

export function ThemeSwitch(): ReactNode {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Current = THEMES.find((theme) => theme.value === colorScheme)?.icon ?? IconSystem;
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <ActionIcon variant="default" size={34} aria-label={t('prefs.theme')}>
          <Current size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {THEMES.map(({ value, icon: Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={16} />}
            rightSection={value === colorScheme ? <IconCheck size={16} /> : null}
            aria-current={value === colorScheme}
            onClick={() => setColorScheme(value)}
          >
            {t(`prefs.theme_${value}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
