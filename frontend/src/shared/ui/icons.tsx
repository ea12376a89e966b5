// SPDX-License-Identifier: MIT
// The few icons in use, drawn on a 24-pixel grid with a 1.8 stroke. Decorative: the text beside or the label says it.
import type { ReactNode, SVGProps } from 'react';

type IconProps = Omit<SVGProps<SVGSVGElement>, 'children'> & { size?: number };

function icon(name: string, body: ReactNode): (props: IconProps) => ReactNode {
  const Icon = ({ size = 20, ...rest }: IconProps): ReactNode => (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      {...rest}
    >
      {body}
    </svg>
  );
  Icon.displayName = name;
  return Icon;
}

export const IconDashboard = icon(
  'IconDashboard',
  <>
    <rect x="3" y="3" width="7.5" height="9" rx="1.5" />
    <rect x="13.5" y="3" width="7.5" height="5" rx="1.5" />
    <rect x="13.5" y="11" width="7.5" height="10" rx="1.5" />
    <rect x="3" y="15" width="7.5" height="6" rx="1.5" />
  </>,
);
export const IconMeetings = icon(
  'IconMeetings',
  <>
    <path d="M20 11.5a7.5 7.5 0 0 1-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1 1 20 11.5Z" />
    <path d="M9 10h7M9 13.2h4.5" />
  </>,
);
export const IconUpload = icon(
  'IconUpload',
  <>
    <path d="M12 16V5M7.5 9 12 4.5 16.5 9" />
    <path d="M4 15.5v2A2.5 2.5 0 0 0 6.5 20h11a2.5 2.5 0 0 0 2.5-2.5v-2" />
  </>,
);
export const IconDownload = icon(
  'IconDownload',
  <>
    <path d="M12 4.5v11M7.5 11.5 12 16l4.5-4.5" />
    <path d="M4 16v1.5A2.5 2.5 0 0 0 6.5 20h11a2.5 2.5 0 0 0 2.5-2.5V16" />
  </>,
);
export const IconSignOut = icon(
  'IconSignOut',
  <>
    <path d="M10 4H6.5A2.5 2.5 0 0 0 4 6.5v11A2.5 2.5 0 0 0 6.5 20H10" />
    <path d="M15.5 8 20 12l-4.5 4M20 12H10" />
  </>,
);
export const IconSun = icon(
  'IconSun',
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1" />
  </>,
);
export const IconMoon = icon('IconMoon', <path d="M20 14.2A8.2 8.2 0 1 1 9.8 4a6.6 6.6 0 0 0 10.2 10.2Z" />);
export const IconSystem = icon(
  'IconSystem',
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="2" />
    <path d="M9 20h6M12 16.5V20" />
  </>,
);
export const IconCheck = icon('IconCheck', <path d="m5 12.5 4.5 4.5L19 7.5" />);
export const IconClose = icon('IconClose', <path d="M6 6l12 12M18 6 6 18" />);
export const IconFile = icon(
  'IconFile',
  <>
    <path d="M13.5 3H7.5A2.5 2.5 0 0 0 5 5.5v13A2.5 2.5 0 0 0 7.5 21h9a2.5 2.5 0 0 0 2.5-2.5v-10L13.5 3Z" />
    <path d="M13.5 3v5.5H19M9 13h6M9 16.5h6" />
  </>,
);
export const IconWarning = icon(
  'IconWarning',
  <>
    <path d="M12 4 2.8 19.5h18.4L12 4Z" />
    <path d="M12 10v4M12 16.8v.1" />
  </>,
);
export const IconInfo = icon(
  'IconInfo',
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 11v5M12 7.8v.1" />
  </>,
);
export const IconLock = icon(
  'IconLock',
  <>
    <rect x="5" y="10.5" width="14" height="10" rx="2" />
    <path d="M8.5 10.5V7.5a3.5 3.5 0 0 1 7 0v3" />
  </>,
);
export const IconQuote = icon(
  'IconQuote',
  <path d="M10 7.5C7 8.5 5.5 10.8 5.5 14v2.5H10V12H7.7M19 7.5c-3 1-4.5 3.3-4.5 6.5v2.5H19V12h-2.3" />,
);
export const IconSort = icon('IconSort', <path d="M8 10l4-4 4 4M8 14l4 4 4-4" />);
export const IconSortUp = icon('IconSortUp', <path d="M7.5 14 12 9.5l4.5 4.5" />);
export const IconSortDown = icon('IconSortDown', <path d="m7.5 10 4.5 4.5 4.5-4.5" />);
export const IconChart = icon('IconChart', <path d="M4 20h16M7 16.5v-5M12 16.5v-9M17 16.5V10" />);
export const IconTable = icon(
  'IconTable',
  <>
    <rect x="3.5" y="4.5" width="17" height="15" rx="2" />
    <path d="M3.5 9.5h17M3.5 14.5h17M10 9.5v10" />
  </>,
);
export const IconArrowRight = icon('IconArrowRight', <path d="M5 12h14M13.5 6.5 19 12l-5.5 5.5" />);

export function Logo({ size = 28 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#4f46e5" />
      <g fill="#fff">
        <rect x="7" y="17" width="4.5" height="8" rx="1.5" opacity=".7" />
        <rect x="13.75" y="12" width="4.5" height="13" rx="1.5" opacity=".85" />
        <rect x="20.5" y="7" width="4.5" height="18" rx="1.5" />
      </g>
    </svg>
  );
}
