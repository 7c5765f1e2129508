/** The way of a command to its remote: an open connection, with what the command and its `http` were given. */
import type * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { callBack } from '../base/failure.js';
import { joinSignals } from '../base/signals.js';
import { withoutUser } from '../base/url.js';
import { settingsOf, type ClientSettings } from '../isomorphic/client-options.js';
import { closeAfterAdvertisement, storedAdvertisement } from '../remote/advertisement.js';
import {
  openAdvertised,
  takesInput,
  type AdvertisedRun,
  type Connection,
  type RunHow,
} from '../remote/connection.js';
import type { InterruptedFetch } from '../remote/fetch/kept-fetch.js';
import { checkFallback, type Fallback } from '../remote/fallback.js';
import { checkGateway, urlAuthorization, type Gateway } from '../remote/gateway.js';
import type { MessageListeners } from '../remote/remote-messages.js';
import type { ProgressEvent } from '../remote/progress.js';
import { ServiceRun } from '../remote/service-run.js';
import type { ConnectionEvent } from '../tunnel/client/channel-options.js';
import type { GitService } from '../tunnel/machine/request-target.js';
import { Credentials } from './credentials.js';

type Given = Parameters<typeof isomorphicGit.fetch>[0];

/** What the commands of isomorphic-git that speak with a remote take in common, and more. */
export type RemoteArguments = Pick<
  Given,
  | 'onAuth'
  | 'onAuthSuccess'
  | 'onAuthFailure'
  | 'onMessage'
  | 'onProgress'
  | 'headers'
  | 'corsProxy'
> & {
  /**
   * Where it comes of `createHttpClient` or `bindRepository`, their options count here as well. It may be
   * left out. With any other, isomorphic-git's own command runs.
   */
  http?: isomorphicGit.HttpClient | undefined;
  /**
   * A gitws server through which the remote is reached, in the place of a `corsProxy`
   * (docs/gateway.md). Default: that of its `http`.
   */
  gateway?: Gateway | undefined;
  /**
   * What is done where no WebSocket reaches the remote: with `http`, git's own smart HTTP is spoken with it
   * (docs/gateway.md, "Where no WebSocket passes"). Default: that of its `http`; else nothing.
   */
  fallback?: Fallback;
  /** Told when the connection is made, lost, and taken up again. So is that of its `http`. */
  onConnection?: ((event: ConnectionEvent) => void) | undefined;
  /** Ends the command, on both sides. */
  signal?: AbortSignal | undefined;
};

/**
 * @returns the settings of the client that a command was given, none where it was given none, with the
 *   command's own gateway and fallback; undefined for a client of others.
 * @throws GitWsError INVALID_OPTION for a gateway or a fallback that is none, or that such a client would
 *   not use.
 */
export function ownSettings({
  http,
  gateway,
  fallback,
  onConnection,
}: Pick<RemoteArguments, 'http' | 'gateway' | 'fallback' | 'onConnection'>):
  ClientSettings | undefined {
  const ofClient = http === undefined ? {} : settingsOf(http);
  const settings = ofClient && listening(ofClient, onConnection);
  checkGateway(gateway);
  checkFallback(fallback);
  for (const [option, given] of Object.entries({ gateway, fallback })) {
    if (settings !== undefined || given === undefined) continue;
    const message = `A ${option} is used by gitws alone: leave out the http of others.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { option } });
  }
  if (settings === undefined) return undefined;
  return {
    ...settings,
    ...(gateway === undefined ? {} : { gateway }),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** Says that a `corsProxy` does nothing. */
export function warnOfProxy({ corsProxy }: Pick<RemoteArguments, 'corsProxy'>): void {
  if (corsProxy === undefined) return;
  console.warn('gitws: corsProxy is not used: a WebSocket needs none.');
}

/** @returns the settings, with the command's listener beside their own. */
function listening(
  settings: ClientSettings,
  onConnection: RemoteArguments['onConnection'],
): ClientSettings {
  if (onConnection === undefined) return settings;
  const both = (event: ConnectionEvent): void => {
    onConnection(event);
    settings.onConnection?.(event);
  };
  return { ...settings, onConnection: both };
}

/** What a command needs of its remote. */
export class RemoteAccess implements Connection {
  /** Without user and password. */
  readonly url: string;
  readonly settings: ClientSettings;
  /** Fires with the command's signal, and with that of its `http`. */
  readonly signal: AbortSignal;
  /** The command's listeners, and those of its `http`. */
  readonly listeners: MessageListeners;
  /** As a person wrote it. */
  readonly address: string;
  /** Whether anybody reads what is said for a person. */
  readonly hasMessages: boolean;
  readonly #given: RemoteArguments;
  readonly #credentials: Credentials;
  readonly #release: () => void;
  #begun: { readonly service: GitService; readonly run: Promise<AdvertisedRun> } | undefined;

  /**
   * @param url of the remote, as a person wrote it.
   * @param given the command's arguments.
   * @param settings those of its `http`.
   * @param username see `CredentialOptions.username`.
   * @throws GitWsError INVALID_URL
   */
  constructor(url: string, given: RemoteArguments, settings: ClientSettings, username?: string) {
    this.#given = given;
    this.settings = settings;
    const authorization = urlAuthorization(url, settings.gateway);
    this.address = url;
    this.url = withoutUser(url);
    const { onAuth, onAuthSuccess, onAuthFailure, headers } = given;
    this.#credentials = new Credentials({
      ...{ url: this.url, username, authorization },
      ...(headers === undefined ? {} : { headers }),
      ...(onAuth === undefined ? {} : { onAuth }),
      ...(onAuthSuccess === undefined ? {} : { onAuthSuccess }),
      ...(onAuthFailure === undefined ? {} : { onAuthFailure }),
    });
    const { signal, release } = joinSignals([given.signal, settings.signal]);
    this.signal = signal;
    this.#release = release;
    this.hasMessages = (given.onMessage ?? settings.onMessage) !== undefined;
    this.listeners = {
      onMessage: async (message) => {
        await given.onMessage?.(message);
        await settings.onMessage?.(message);
      },
      onProgress: (event) => this.#tell(event),
    };
    warnOfProxy(given);
  }

  /** Begins what the first {@link open} of the same gives, for a command that has something to do meanwhile. */
  begin(service: GitService): void {
    const run = this.open(service);
    // Who opens it hears of it.
    run.catch(() => undefined);
    this.#begun = { service, run };
  }

  takesInput(): boolean {
    return this.#begun === undefined && takesInput(this.address, this.settings);
  }

  async open(service: GitService, how?: RunHow): Promise<AdvertisedRun> {
    const begun = this.#begun;
    if (begun?.service === service && how === undefined) {
      this.#begun = undefined;
      return begun.run;
    }
    const { gitProtocol, signal, input } = how ?? {};
    const target = { repository: this.address, service, gitProtocol, input };
    const { listeners } = this;
    return this.#credentials.open(() =>
      openAdvertised(
        { ...target, authorization: this.#credentials.authorization },
        { ...this.settings, onMessage: listeners.onMessage, signal: this.signal },
        signal,
      ),
    );
  }

  /**
   * Goes on with what another page or process had begun.
   *
   * @throws GitWsError CONNECTION_LOST where its session is gone; else as {@link open}.
   */
  async resume(interrupted: InterruptedFetch): Promise<AdvertisedRun> {
    const service = 'git-upload-pack';
    const { kept, progress } = interrupted;
    const said = { ...storedAdvertisement(kept.advertisement), interrupted };
    const stored = progress.session;
    if (stored === undefined) return { run: ServiceRun.ended(service), ...said };
    const { listeners, settings, signal } = this;
    const target = { repository: this.address, service, gitProtocol: undefined, stored } as const;
    const run = await this.#credentials.open(() =>
      ServiceRun.open(
        { ...target, authorization: this.#credentials.authorization },
        { ...settings, onMessage: listeners.onMessage, signal },
        undefined,
      ),
    );
    return { run, ...said };
  }

  /** The command is over. */
  close(): void {
    const unused = this.#begun?.run;
    this.#begun = undefined;
    void unused?.then(
      ({ run }) => closeAfterAdvertisement(run),
      () => undefined,
    );
    this.#release();
  }

  #tell(event: ProgressEvent): Promise<void> {
    return callBack('onProgress', async () => {
      await this.#given.onProgress?.(event as isomorphicGit.GitProgressEvent);
      await this.settings.onProgress?.(event);
    });
  }
}
