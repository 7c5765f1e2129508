/**
 * The library: git over one WebSocket, for pages, workers and Node. Everything public is named
 * here. Kept private, and free to change: git's bytes (wire/), the protocol's state machine
 * (tunnel/, but for the channel) and the parts of the plugin (http/). docs/protocol.md is what
 * another implementation needs; nobody should need ours.
 */
export { createHttpClient, http } from './isomorphic/http.js';
export type {
  ByteSource,
  HttpClient,
  Gateway,
  Fallback,
  GatewayOptions,
  HttpClientOptions,
  HttpRequest,
  HttpResponse,
  ProgressCallback,
  ProgressEvent,
  RefInDoubt,
} from './isomorphic/http.js';
export { bindRepository } from './isomorphic/bind-repository.js';
export type { BindRepositoryOptions, BoundRepository } from './isomorphic/bind-repository.js';
export type { ConnectivityCheck, ReadObject } from './repository/keep-pack.js';
export type { PackLimits } from './pack/index/limits.js';
export { openChannel } from './tunnel/client/channel.js';
export type {
  Authorization,
  Channel,
  ChannelOptions,
  ConnectionEvent,
} from './tunnel/client/channel.js';
export type { LivenessTimes } from './tunnel/machine/liveness.js';
export type { ExitStatus } from './tunnel/machine/message.js';
export type { WebSocketConstructor, WebSocketLike } from './tunnel/client/socket.js';
export type { GitService } from './tunnel/machine/request-target.js';
export { GitWsError, isGitWsError } from './base/errors.js';
export type { ErrorCode, ErrorData, GitWsErrorOf, GitWsErrorOptions } from './base/errors.js';
