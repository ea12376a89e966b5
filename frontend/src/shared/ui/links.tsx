// SPDX-License-Identifier: MIT
// Links of the router that look like Mantine's.
import { Anchor, Button, type AnchorProps, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ReactNode, Ref } from 'react';

type Native = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> & {
  ref?: Ref<HTMLAnchorElement>;
};

const PlainButton = (props: ButtonProps & Native): ReactNode => <Button component="a" {...props} />;
export const ButtonLink = createLink(PlainButton);

const PlainAnchor = (props: AnchorProps & Omit<Native, keyof AnchorProps>): ReactNode => (
  <Anchor {...props} />
);
export const AnchorLink = createLink(PlainAnchor);
