// SPDX-License-Identifier: MIT
// The map of the application. Pages load when they are visited; the address holds filters, sorting and selection.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { parseDashboardSearch } from '@/features/dashboard';
import { parseMeetingsSearch } from '@/features/meetings';
import { parseUploadSearch } from '@/features/upload';
import { LoadingState } from '@/shared/ui/states';
import { Crash, NotFound } from './fallbacks';
import { Shell } from './Shell';

const root = createRootRoute({ component: Shell });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- how the router is told
    throw redirect({ to: '/dashboard', search: {}, replace: true });
  },
});

const dashboard = createRoute({
  getParentRoute: () => root,
  path: '/dashboard',
  validateSearch: parseDashboardSearch,
  component: lazyRouteComponent(() => import('@/features/dashboard/DashboardPage'), 'DashboardPage'),
});

const meetings = createRoute({
  getParentRoute: () => root,
  path: '/meetings',
  validateSearch: parseMeetingsSearch,
  component: lazyRouteComponent(() => import('@/features/meetings/MeetingsPage'), 'MeetingsPage'),
});

// A child of the list: the list stays where it was behind the open meeting, and Back closes it.
const meeting = createRoute({
  getParentRoute: () => meetings,
  path: '$meetingId',
  component: lazyRouteComponent(() => import('@/features/meetings/MeetingDrawer'), 'MeetingDrawer'),
});

const upload = createRoute({
  getParentRoute: () => root,
  path: '/upload',
  validateSearch: parseUploadSearch,
  component: lazyRouteComponent(() => import('@/features/upload/UploadPage'), 'UploadPage'),
});

const tree = root.addChildren([home, dashboard, meetings.addChildren([meeting]), upload]);

export function createAppRouter() {
  return createRouter({
    routeTree: tree,
    defaultPreload: 'intent',
    defaultPendingComponent: () => <LoadingState label="" height={400} />,
    defaultErrorComponent: Crash,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
