/**
 * The services that there are, and all by which they differ for this server: one table, so that what
 * admits, starts, watches and ends them asks it and not for their names.
 */
import type { GitService } from '../src/tunnel/machine/request-target.js';
import type { Ending } from './backend/service.js';
import type { Limits } from './limits/limits.js';

/** What a service does to a repository: upload-pack reads, receive-pack writes. */
export type Access = 'read' | 'write' | 'archive';

/** What is to be known of a service. */
export interface ServiceFacts {
  /** The access that it needs. */
  readonly access: Access;
  /** Said of it where this server does not run it. */
  readonly disabled: string;
  /** What git is told after its settings; the repository is the working directory. */
  readonly command: readonly string[];
  /** Whether it begins with its refs; else it waits to be asked. */
  readonly speaksFirst: boolean;
  /** Whether what it was given whole is carried out, also where its client has left. */
  readonly finishes: boolean;
  /** Whether it can be had of an upstream: what smart HTTP has. */
  readonly upstream: boolean;
  /** How it is ended when nobody wants it any more (docs/protocol.md, "How a session ends"). */
  ending(limits: Limits): Ending;
  /** Most bytes that a client may send to it. */
  maxInput(limits: Limits): number;
}

const reading = {
  finishes: false,
  ending: ({ killDelayUpload }: Limits): Ending => ({ term: 0, kill: killDelayUpload }),
  maxInput: ({ maxRequestSize }: Limits): number => maxRequestSize,
};

/** All of them. */
export const services: Readonly<Record<GitService, ServiceFacts>> = {
  'git-upload-pack': {
    ...reading,
    access: 'read',
    disabled: 'This server does not allow fetching.',
    command: ['upload-pack', '--strict', '.'],
    speaksFirst: true,
    upstream: true,
  },
  'git-receive-pack': {
    access: 'write',
    disabled: 'This server does not allow pushing.',
    command: ['receive-pack', '.'],
    speaksFirst: true,
    finishes: true,
    upstream: true,
    ending: ({ termDelayReceive, killDelayReceive }) => ({
      term: termDelayReceive,
      kill: killDelayReceive,
    }),
    maxInput: ({ maxPushSize, maxRequestSize }) => maxPushSize + maxRequestSize,
  },
  'git-upload-archive': {
    ...reading,
    access: 'archive',
    disabled: 'This server does not make archives.',
    command: ['upload-archive', '.'],
    speaksFirst: false,
    upstream: false,
  },
};
