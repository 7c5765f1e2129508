/**
 * The services that there are, and all by which they differ for this server: one table, so that what
 * admits, starts, watches and ends them asks it and not for their names.
 */
import { gitServices, type GitService } from '../src/tunnel/machine/request-target.js';
import type { Ending } from './backend/service.js';
import type { GitSetting } from './git/setting.js';
import type { Limits } from './limits/limits.js';

/** What a service does to a repository: upload-pack reads, receive-pack writes. */
export type Access = 'read' | 'write' | 'archive';

/** All that there are. */
export const accesses = ['read', 'write', 'archive'] as const satisfies readonly Access[];

/** The options of a server that say which services it runs. */
export interface ServiceOptions {
  /** Whether pushing is possible at all. Default false. */
  readonly allowPush?: boolean | undefined;
  /** Whether archives can be made (`git archive --remote`) at all. Default false. */
  readonly allowArchive?: boolean | undefined;
}

/** What is to be known of a service. */
export interface ServiceFacts {
  /** The access that it needs. */
  readonly access: Access;
  /** Whether this server runs it at all. */
  isEnabled(options: ServiceOptions): boolean;
  /** Said of it where this server does not. */
  readonly disabled: string;
  /**
   * What it needs, or must not do, whatever a repository's configuration says. Names that other git
   * commands read too only where those are meant: git hands all on to what it runs itself, but for a
   * repository's own hooks (hooks/own-hook.sh).
   */
  readonly settings: readonly GitSetting[];
  /** What it does best with, where neither the operator nor the repository says anything of it. */
  readonly preferences: readonly GitSetting[];
  /** What more it needs for a client that asks before it has heard anything (docs/protocol.md, "Asking at once"). */
  readonly inputSettings: readonly GitSetting[];
  /** What git is told after its settings; the repository is the working directory. */
  readonly command: readonly string[];
  /** Whether it begins with its refs; else it waits to be asked. */
  readonly speaksFirst: boolean;
  /** Whether what it was given whole is carried out, also where its client has left. */
  readonly finishes: boolean;
  /** How it can be had of an upstream: smart HTTP has two services, and ssh what git runs there. */
  readonly upstream: readonly ('http' | 'ssh')[];
  /** How it is ended when nobody wants it any more (docs/protocol.md, "How a session ends"). */
  ending(limits: Limits): Ending;
  /** Most bytes that a client may send to it. */
  maxInput(limits: Limits): number;
}

const reading = {
  finishes: false,
  preferences: [],
  inputSettings: [],
  ending: ({ killDelayUpload }: Limits): Ending => ({ term: 0, kill: killDelayUpload }),
  maxInput: ({ maxRequestSize }: Limits): number => maxRequestSize,
};

/** All of them. */
export const services: Readonly<Record<GitService, ServiceFacts>> = {
  'git-upload-pack': {
    ...reading,
    access: 'read',
    isEnabled: () => true,
    disabled: 'This server does not allow fetching.',
    // Oids below a tip (isomorphic-git wants peeled tags), filters.
    settings: [
      ['uploadpack.allowReachableSHA1InWant', 'true'],
      ['uploadpack.allowFilter', 'true'],
    ],
    // Half of what git computes for a clone of depth 1, or for the files of a partial one, is a search
    // for deltas which are not in its packs. Of its 10 candidates for each object three find nearly as
    // much (docs/performance.md, "What git packs for a client").
    preferences: [['pack.window', '3']],
    // Refs by their names: oids are not known yet. Not for all: with it native git's shallow clones fail
    // ("expected 'packfile', received 'shallow-info'").
    inputSettings: [['uploadpack.allowRefInWant', 'true']],
    command: ['upload-pack', '--strict', '.'],
    speaksFirst: true,
    upstream: ['http', 'ssh'],
  },
  'git-receive-pack': {
    access: 'write',
    isEnabled: ({ allowPush = false }) => allowPush,
    disabled: 'This server does not allow pushing.',
    preferences: [],
    inputSettings: [],
    settings: [
      // Defence: pushed objects are checked (receive.fsckObjects).
      ['receive.fsckObjects', 'true'],
      // What is larger is unpacked piece by piece, and not in memory: a file of zeros is a few bytes
      // in a pack.
      // Defence: large files are unpacked piece by piece (core.bigFileThreshold).
      ['core.bigFileThreshold', '32m'],
      // maintenance.ts does it, for all repositories together.
      ['receive.autoGC', 'false'],
    ],
    command: ['receive-pack', '.'],
    speaksFirst: true,
    finishes: true,
    upstream: ['http', 'ssh'],
    ending: ({ termDelayReceive, killDelayReceive }) => ({
      term: termDelayReceive,
      kill: killDelayReceive,
    }),
    maxInput: ({ maxPushSize, maxRequestSize }) => maxPushSize + maxRequestSize,
  },
  'git-upload-archive': {
    ...reading,
    access: 'archive',
    isEnabled: ({ allowArchive = false }) => allowArchive,
    disabled: 'This server does not make archives.',
    settings: [],
    command: ['upload-archive', '.'],
    speaksFirst: false,
    upstream: ['ssh'],
  },
};

/** @returns those that a server with these options runs. */
export function enabledServices(options: ServiceOptions): ReadonlySet<GitService> {
  return new Set(gitServices.filter((service) => services[service].isEnabled(options)));
}
