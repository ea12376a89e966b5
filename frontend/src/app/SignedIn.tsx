// SPDX-License-Identifier: MIT
// Everything behind the sign-in: the router, the shell, and what outlives a page.
import { RouterProvider } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { UploadProvider } from '@/features/upload';
import { createAppRouter } from './router';

export default function SignedIn(): ReactNode {
  // Made here, after the sign-in callback has put the wanted address in place.
  const [router] = useState(createAppRouter);
  return (
    <UploadProvider>
      <RouterProvider router={router} />
    </UploadProvider>
  );
}
