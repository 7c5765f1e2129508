/**
 * The library: git over one WebSocket, for pages, workers and Node. Everything public is named
 * here. Kept private, and free to change: git's bytes (wire/), the protocol's state machine
 * (tunnel/, but for the channel) and the parts of the plugin (http/). docs/protocol.md is what
 * another implementation needs; nobody should need ours.
 */
export { createHttpClient, http } from './http.js';
export type {
  ByteSource,
  HttpClient,
  HttpClientOptions,
  HttpRequest,
  HttpResponse,
  ProgressCallback,
  ProgressEvent,
  RefInDoubt,
} from './http.js';
export { bindRepository } from './bind-repository.js';
export type { BindRepositoryOptions, BoundRepository } from './bind-repository.js';
export type { ConnectivityCheck, ReadObject } from './repository/keep-pack.js';
export type { PackLimits } from './pack/limits.js';
export { openChannel } from './tunnel/channel.js';
export type { Authorization, Channel, ChannelOptions, ConnectionEvent } from './tunnel/channel.js';
export type { LivenessTimes } from './tunnel/liveness.js';
export type { ExitStatus } from './tunnel/message.js';
export type { WebSocketConstructor, WebSocketLike } from './tunnel/socket.js';
export type { GitService } from './endpoint.js';
export { GitWsError, isGitWsError } from './errors.js';
export type { ErrorCode, GitWsErrorOptions } from './errors.js';
