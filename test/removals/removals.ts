/**
 * Defences, and how to take each away: an edit of one place in the source, and the tests that must
 * fail without it. `npm run removals` tries them, one after the other, in a copy. Here the server's;
 * those of its clients are in client.ts, of a gateway in gateway.ts. Not here: what git itself defends (packObjectsHook, names of
 * refs, broken packs), and what another defence stands behind (git gets fixed arguments, a dot and no
 * shell, whatever is asked for).
 */
import { clientRemovals } from './client.js';
import { gatewayRemovals } from './gateway.js';

/** One defence that can be taken away. */
export interface Removal {
  /** What it stands against. */
  readonly attack: string;
  /** What is taken away, as a phrase. */
  readonly defence: string;
  /** Where it is, from the top of the project. */
  readonly file: string;
  /** Its text, once in that file. */
  readonly from: string;
  /** What to write there in its place. */
  readonly to: string;
  /** Test files below `test/` to run, of which something must fail. */
  readonly tests: readonly string[];
}

const endpoint = 'src/tunnel/machine/request-target.ts';
const target = 'server/admission/target.ts';
const repository = 'server/git/repository.ts';
const environment = 'server/git/environment.ts';
const upgrade = 'server/admission/upgrade.ts';
const failures = 'server/authentication/failures.ts';

const security = (name: string): string => `server/security/${name}.test.ts`;

const paths: readonly Removal[] = [
  {
    defence: 'dot segments are refused',
    file: endpoint,
    from: "if (segment === '.' || segment === '..') return 'has a dot segment';",
    to: '',
  },
  {
    defence: 'encoded slashes are refused',
    file: endpoint,
    from: "if (segment.includes('/')) return 'has an encoded slash';",
    to: '',
  },
  {
    defence: 'backslashes are refused',
    file: endpoint,
    from: "if (segment.includes('\\\\')) return 'has a backslash';",
    to: '',
  },
  {
    defence: 'empty segments are refused',
    file: endpoint,
    from: "if (segment === '') return 'has an empty segment';",
    to: '',
  },
  {
    defence: 'control characters are refused',
    file: endpoint,
    from: "if (/\\p{Cc}/u.test(segment)) return 'has a control character';",
    to: '',
  },
  {
    defence: 'each segment is decoded once',
    file: endpoint,
    from: 'return decodeURIComponent(segment);',
    to: 'return decodeURIComponent(decodeURIComponent(segment));',
  },
  {
    defence: 'the directory is held against the root by its real path',
    file: repository,
    from: 'if (!isInside(realRoot, gitDir) || !(await isGitDirectory(gitDir))) continue;',
    to: 'if (!(await isGitDirectory(gitDir))) continue;',
  },
  {
    defence: 'by whole components of that path',
    file: repository,
    from: "return way !== '' && !isAbsolute(way) && way.split(sep)[0] !== '..';",
    to: "return way !== '' && path.startsWith(root) && !isAbsolute(way) && sep !== '';",
  },
  {
    defence: 'nothing inside of a git directory is a repository',
    file: repository,
    from: 'if (await isInsideGitDirectory(realRoot, gitDir)) continue;',
    to: '',
  },
].map((one) => ({
  attack: 'path traversal',
  ...one,
  tests: [security('paths'), 'server/repository.test.ts', 'server/target.test.ts'],
}));

const otherNames: readonly Removal[] = [
  {
    defence: 'no segment of a path is made of .git',
    file: repository,
    from: 'segments.some((segment) => /^(\\.git)+$/i.test(segment))',
    to: "segments.some((segment) => segment.toLowerCase() === '.git')",
  },
].map((one) => ({ attack: 'another name for a repository', ...one, tests: [security('paths')] }));

const disguises: readonly Removal[] = [
  {
    defence: 'the name of the service must not be encoded',
    file: target,
    from: "if (service !== raw.at(-1)) return malformed('has an encoded service name');",
    to: '',
  },
  {
    defence: 'fragments are refused',
    file: target,
    from: "if (path.includes('#')) return malformed('has a fragment');",
    to: '',
  },
].map((one) => ({ attack: 'a push that looks like a fetch', ...one, tests: [security('paths')] }));

const words: readonly Removal[] = [
  {
    defence: 'segments that begin with a dash are refused',
    file: endpoint,
    from: "if (segment.startsWith('-')) return 'has a segment that begins with a dash';",
    to: '',
  },
].map((one) => ({
  attack: 'argument injection',
  ...one,
  tests: [security('paths'), 'server/target.test.ts'],
}));

const configuration: readonly Removal[] = [
  {
    defence: "the server's own environment does not reach git",
    file: environment,
    from: "    HOME: '/nonexistent',\n    GIT_CONFIG_NOSYSTEM: '1',",
    to: "    ...(own as Record<string, string>),\n    HOME: '/nonexistent',\n    GIT_CONFIG_NOSYSTEM: '1',",
  },
  {
    defence: "git has none of the user's settings (HOME)",
    file: environment,
    from: "    HOME: '/nonexistent',\n",
    to: "    HOME: own['HOME'] ?? '/nonexistent',\n",
  },
  {
    defence: "git has none of the machine's settings (GIT_CONFIG_NOSYSTEM)",
    file: environment,
    from: "    GIT_CONFIG_NOSYSTEM: '1',\n",
    to: '',
  },
  {
    defence: 'only three protocol versions reach git',
    file: target,
    from: 'return asked !== undefined && /^version=[012]$/.test(asked) ? asked : undefined;',
    to: 'return asked;',
  },
  {
    defence: 'readers cannot make git fetch what it lacks (GIT_NO_LAZY_FETCH)',
    file: environment,
    from: "if (service !== 'git-receive-pack') environment['GIT_NO_LAZY_FETCH'] = '1';",
    to: '',
  },
  {
    defence: "the operator's settings cannot be the server's own protections",
    file: environment,
    from: 'if (why !== undefined) throw',
    to: 'if (why === undefined && key === key.toUpperCase()) throw',
  },
  {
    defence: 'a foreign repository is trusted only where the operator says so',
    file: environment,
    from: "return trusted ? [['safe.directory', '.']] : [];",
    to: "return trusted || !trusted ? [['safe.directory', '*']] : [];",
  },
].map((one) => ({
  attack: 'environment and configuration injection',
  ...one,
  tests: [security('configuration'), 'server/safe-git.test.ts', 'server/environment.test.ts'],
}));

const ownWords: readonly Removal[] = [
  {
    attack: 'a repository served looser than its owner said',
    defence: 'what a repository has shut is not opened by settings for all',
    file: 'server/git/preparation.ts',
    from: '...withoutLooser(ours, settings),',
    to: '...(settings.length < 0 ? withoutLooser(ours, settings) : ours),',
    tests: ['server/own-word.interop.test.ts'],
  },
  {
    attack: 'reading where the server keeps what',
    defence: "the server's paths are taken out of what git says on stdout",
    file: 'server/session/output.ts',
    from: 'this.#gather(options.running.text.stdout.push(chunk));',
    to: 'this.#gather([chunk]);',
    tests: ['server/own-paths.interop.test.ts'],
  },
];

const planting: readonly Removal[] = [
  {
    defence: 'what may have been pushed into a work tree is not served',
    file: repository,
    from: 'if (await mayBePlanted(realRoot, asked, gitDir)) continue;',
    to: '',
  },
  {
    defence: 'nor what is reached by a link in it',
    file: repository,
    from: 'return (await isInsideWorkTree(root, asked)) || (await isInsideWorkTree(root, gitDir));',
    to: 'return isInsideWorkTree(root, gitDir);',
  },
  {
    defence: 'what is called HEAD is looked at before it is opened',
    file: repository,
    from: 'const found = await orAbsent(lstat(head));',
    to: 'await (await open(head)).close();\n  const found = await orAbsent(lstat(head));',
  },
  {
    defence: 'receive.fsckObjects',
    file: environment,
    from: "    ['receive.fsckObjects', 'true'],\n",
    to: '',
  },
].map((one) => ({ attack: 'hook planting', ...one, tests: [security('planting')] }));

const rules: readonly Removal[] = [
  {
    defence: 'rules for refs are enforced by hooks of the server (core.hooksPath)',
    file: 'server/hooks/settings.ts',
    from: "config: [['core.hooksPath', directory]]",
    to: "config: [['core.abbrev', '40']].concat(directory === '' ? [['', '']] : []) as [[string, string]]",
  },
  {
    defence: 'letter case hides no ref from a rule',
    file: 'server/hooks/judge.sh',
    from: 'lower() { printf %s "$1" | tr A-Z a-z; }',
    to: 'lower() { printf %s "$1"; }',
  },
  {
    defence: 'a symbolic ref is judged by what it stands for',
    file: 'server/hooks/judge.sh',
    from: '0) may "$target" || refuse',
    to: '0) : || refuse',
  },
  {
    defence: 'replacement refs do not make a rewritten history look whole',
    file: 'server/hooks/judge.sh',
    from: 'GIT_NO_REPLACE_OBJECTS=1 git merge-base',
    to: 'git merge-base',
  },
].map((one) => ({
  attack: 'ways around a rule for refs',
  ...one,
  tests: ['server/hooks/protect.test.ts'],
}));

const pages: readonly Removal[] = [
  {
    attack: 'cross-site WebSocket hijacking',
    defence: 'Origin must be on the list',
    file: upgrade,
    from: 'if (!rules.allowsOrigin(request)) {',
    to: 'if (!rules.allowsOrigin(request) && !rules.allowsHost(request)) {',
    tests: [security('pages')],
  },
  {
    attack: 'cross-site WebSocket hijacking',
    defence: 'by its older name, too',
    file: 'server/admission/origin.ts',
    from: "request.headers.origin ?? request.headers['sec-websocket-origin']",
    to: 'request.headers.origin',
    tests: [security('pages')],
  },
  {
    attack: 'DNS rebinding',
    defence: 'Host must be one of the own names',
    file: upgrade,
    from: 'if (rules.allowsHost(request)) return undefined;',
    to: 'if (rules.allowsHost(request) || rules.allowsOrigin(request)) return undefined;',
    tests: [security('pages')],
  },
  {
    attack: 'cached Basic credentials',
    defence: "the page's own credentials beat the header",
    file: upgrade,
    from: 'offer?.authorization ?? request.headers.authorization',
    to: 'request.headers.authorization ?? offer?.authorization',
    tests: [security('pages')],
  },
  {
    attack: 'getting credentials echoed',
    defence: 'only the version is echoed',
    file: 'server/admission/web-sockets.ts',
    from: 'handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),',
    to: 'handleProtocols: (offered) => [...offered].at(-1) ?? subprotocol,',
    tests: ['server/bad-input.test.ts'],
  },
];

const guessing: readonly Removal[] = [
  {
    defence: 'too many failures of an address are refused',
    file: failures,
    from: 'if (failures >= this.#limits.maxFailures) throw tooMany(count?.msBeforeNext ?? 0);',
    to: 'if (failures >= this.#limits.maxFailures) return;',
  },
  {
    defence: 'guesses are counted before their answer is known',
    file: failures,
    from: 'if (failures + checks.underWay < this.#limits.maxFailures) {',
    to: 'if (failures < this.#limits.maxFailures) {',
  },
  {
    defence: 'answers to failures are delayed',
    file: failures,
    from: 'await sleep(Math.min(limits.failureDelay * 2 ** (failures - 1), maxDelay));',
    to: '',
  },
  {
    defence: 'X-Forwarded-For is believed of trusted proxies only',
    file: 'server/admission/client-address.ts',
    from: 'if (!trusted.some((range) => contains(range, nearest))) break;',
    to: '',
  },
  {
    defence: 'a /64 of IPv6 is one address',
    file: 'server/admission/client-address.ts',
    from: 'const network = parsed.toByteArray().fill(0, 8);',
    to: 'const network = parsed.toByteArray();',
  },
  {
    defence: 'each hash of a token is compared',
    file: 'server/authentication/tokens.ts',
    from: 'if (timingSafeEqual(known.hash, hash)) found = known;',
    to: 'if (timingSafeEqual(known.hash, hash)) return known.user;',
  },
  {
    defence: 'in constant time',
    file: 'server/authentication/tokens.ts',
    from: 'if (timingSafeEqual(known.hash, hash)) found = known;',
    to: 'if (known.hash.equals(hash)) found = known;',
  },
  {
    defence: 'an unknown name costs what a known one costs',
    file: 'server/authentication/htpasswd.ts',
    from: 'await compare(password, madeUpHash(most));',
    to: '',
  },
  {
    defence: 'and so does one with a cheaper hash',
    file: 'server/authentication/htpasswd.ts',
    from: 'await compare(password, madeUpHash(cost));',
    to: '',
  },
].map((one) => ({
  attack: 'token guessing and timing',
  ...one,
  tests: [
    security('credentials'),
    'server/authentication/failures.test.ts',
    'server/authentication/tokens.test.ts',
    'server/authentication/htpasswd.test.ts',
    'server/client-address.test.ts',
  ],
}));

const credentials: readonly Removal[] = [
  {
    attack: 'CR/LF in a credential',
    defence: 'the entry of a page holds no line end and no NUL',
    file: 'src/tunnel/machine/message.ts',
    from: "if (/[\\r\\n\\0]/.test(authorization)) throw malformed('the credentials contain CR, LF or NUL');",
    to: '',
    tests: [security('credentials'), 'tunnel/subprotocol.test.ts'],
  },
  {
    attack: 'CR/LF in a credential',
    defence: 'nor does what its base64 stands for',
    file: 'server/admission/access.ts',
    from: "if ([authorization ?? '', ...parts].some((part) => /[\\r\\n\\0]/.test(part))) {",
    to: 'if (parts.length < 0) {',
    tests: [security('credentials')],
  },
  {
    attack: 'CR/LF in a credential',
    defence: 'a user name with control characters pushes nothing',
    file: environment,
    from: "if (/\\p{Cc}/u.test(user)) throw new Error('A user name has control characters.');",
    to: '',
    tests: [security('credentials')],
  },
  {
    attack: 'finding out which repositories exist',
    defence: 'who may not read hears the same of one that does not exist',
    file: 'server/admission/access.ts',
    from: '  if (user === null) {\n    return authorization === undefined',
    to: "  if (user === null && repository.startsWith('public')) {\n    return authorization === undefined",
    tests: ['server/access.test.ts'],
  },
  {
    attack: "another user's session token",
    defence: 'a session is bound to its user',
    file: 'server/session/session-store.ts',
    from: ' && user === wanted.user;',
    to: ';',
    tests: [security('resuming')],
  },
  {
    attack: "another user's session token",
    defence: 'to its repository',
    file: 'server/session/session-store.ts',
    from: 'const same = place === wanted.place && ',
    to: 'const same = place !== undefined && ',
    tests: [security('resuming')],
  },
  {
    attack: "another user's session token",
    defence: 'and to its service',
    file: 'server/session/session-store.ts',
    from: ' && service === wanted.service && ',
    to: ' && service !== undefined && ',
    tests: [security('resuming')],
  },
  {
    attack: 'revoked rights at resume',
    defence: 'rights are checked again',
    file: upgrade,
    from: "  if (access.kind === 'refusal' && access.code !== closeCodes.notFound) return access;",
    to: "  if (hasPlace && access.kind === 'refusal') {\n    const found = await findRepository(context.root, segments);\n    const who = { user: access.user ?? null, address, name, service, gitProtocol };\n    if (found !== undefined) {\n      return { kind: 'admission', ...who, repository: found, window: offer?.window, resume };\n    }\n  }\n  if (access.kind === 'refusal' && access.code !== closeCodes.notFound) return access;",
    tests: [security('resuming')],
  },
];

const frames: readonly Removal[] = [
  {
    attack: 'oversized frames',
    defence: 'a frame holds 1 MiB at most (maxPayload)',
    file: 'server/admission/web-sockets.ts',
    from: '    maxPayload: maxBinaryBytes,\n',
    to: '',
    tests: [security('frames'), 'server/bad-input.test.ts'],
  },
  {
    attack: 'oversized frames',
    defence: 'nothing is inflated',
    file: 'server/admission/web-sockets.ts',
    from: 'perMessageDeflate: false,',
    to: 'perMessageDeflate: true,',
    tests: [security('frames')],
  },
  {
    attack: 'oversized frames',
    defence: 'a text message holds 8 KiB at most',
    file: 'src/tunnel/machine/message.ts',
    from: "if (text.length > maxTextLength) throw malformed('a text message is longer than 8 KiB');",
    to: '',
    tests: ['tunnel/message.test.ts', 'server/bad-input.test.ts'],
  },
  {
    attack: 'fragmented frames',
    defence: 'a message has 16,384 pieces at most',
    file: 'server/admission/web-sockets.ts',
    from: '    maxFragments,\n    maxBufferedChunks: 262_144,\n',
    to: '    maxFragments: 0,\n    maxBufferedChunks: 0,\n',
    tests: [security('frames')],
  },
  {
    attack: 'message floods',
    defence: '100 uncounted messages a second',
    file: 'src/tunnel/machine/rate.ts',
    from: 'if (this.#count > maxUncountedPerSecond) {',
    to: 'if (this.#count < 0) {',
    tests: [security('frames')],
  },
  {
    attack: 'message floods',
    defence: 'each counted message costs credit, however small',
    file: 'src/tunnel/machine/tunnel.ts',
    from: 'this.#incoming.add(bytes.length + messageOverhead);',
    to: 'this.#incoming.add(bytes.length);',
    tests: [security('frames')],
  },
  {
    attack: 'message floods',
    defence: 'a client is held to its credit',
    file: 'src/tunnel/machine/incoming.ts',
    from: "if (cost > 0 && this.#owed + cost > this.#window) throw malformed('more data than the credit');",
    to: '',
    tests: [security('frames'), 'server/bad-input.test.ts'],
  },
  {
    attack: 'message floods',
    defence: 'pongs that nobody reads do not pile up',
    file: 'server/admission/web-sockets.ts',
    from: 'maxPendingAutoPongs: maxUnsentPongs,',
    to: 'maxPendingAutoPongs: 0,',
    tests: [security('frames')],
  },
];

const floods: readonly Removal[] = [
  {
    attack: 'a window of 1 GiB that never acknowledges',
    defence: 'a window has a largest size',
    file: 'src/tunnel/machine/message.ts',
    from: 'bytes >= windowBytes.minimum && bytes <= windowBytes.maximum',
    to: 'bytes >= windowBytes.minimum',
    tests: [security('floods')],
  },
  {
    attack: 'a window of 1 GiB that never acknowledges',
    defence: 'maxReplay bounds what is kept, whatever the window',
    file: 'src/tunnel/machine/tunnel.ts',
    from: 'const most = Math.min(peerWindow, maxReplay);',
    to: 'const most = Math.max(peerWindow, maxReplay);',
    tests: [security('floods')],
  },
  {
    attack: 'acknowledging without reading',
    defence: 'what waits in a socket is bounded',
    file: 'server/session/connection.ts',
    from: 'if (this.#socket.bufferedAmount <= this.#limits.maxReplay + sendSlack) return;',
    to: 'if (this.#socket.bufferedAmount >= 0) return;',
    tests: ['server/bad-input.test.ts'],
  },
  {
    attack: 'acknowledging what has not arrived',
    defence: 'a buffer that a socket has to send is not used again',
    file: 'server/session/session.ts',
    from: "connection.send(frame, typeof frame === 'string' ? undefined : hold(frame));",
    to: 'connection.send(frame);',
    tests: [security('false-acks')],
  },
  {
    attack: 'stderr flood',
    defence: 'stderr needs credit as data does',
    file: 'src/tunnel/machine/outgoing.ts',
    from: 'if (this.#outstanding + cost > this.#limit) return false;',
    to: '',
    tests: [security('floods')],
  },
  {
    attack: 'stderr flood',
    defence: 'a session has a longest time',
    file: 'server/session/deadlines.ts',
    from: "session.end(closeCodes.timedOut, 'The session took too long.');",
    to: '',
    tests: [security('floods'), 'server/limits.enforcement.test.ts'],
  },
  {
    attack: 'a hook that leaves something in the background',
    defence: 'what is dropped holds up nothing',
    file: 'server/session/output.ts',
    from: "stderr.on('data', (chunk: Buffer) => {\n      if (this.#discarding) return;\n      this.#linger?.refresh();",
    to: "stderr.on('data', (chunk: Buffer) => {\n      this.#linger?.refresh();\n      if (this.#discarding) return;",
    tests: ['server/safe-git.test.ts'],
  },
  {
    attack: 'floods of refused clients',
    defence: 'refused sockets are bounded in number (maxRefusals)',
    file: 'server/admission/refusal.ts',
    from: 'this.#waiting.size >= this.#limits.maxRefusals',
    to: 'this.#waiting.size < 0',
    tests: ['server/limits.enforcement.test.ts', 'server/bad-input.test.ts'],
  },
  {
    attack: 'floods of refused clients',
    defence: 'an address has a share of them (maxRefusalsPerAddress)',
    file: 'server/admission/refusal.ts',
    from: 'share.size <= this.#limits.maxRefusalsPerAddress',
    to: 'share.size > 0',
    tests: ['server/limits.enforcement.test.ts'],
  },
  {
    attack: 'floods of refused clients',
    defence: 'errors that clients cause are counted before they are written',
    file: 'bin/log.ts',
    from: 'if (failures.take(words)) ',
    to: '',
    tests: ['bin/log.test.ts'],
  },
  {
    attack: 'floods of refused clients',
    defence: 'and so are failed sign-ins',
    file: 'bin/log.ts',
    from: 'if (signIns.take(addressKey(failure.address))) ',
    to: '',
    tests: ['bin/log.test.ts'],
  },
  {
    attack: 'floods of refused clients',
    defence: 'an address, or an error, has so many log lines',
    file: 'bin/line-budget.ts',
    from: ' || before >= this.#limits.linesPerCause',
    to: '',
    tests: ['bin/log.test.ts', 'bin/line-budget.test.ts'],
  },
  {
    attack: 'floods of refused clients',
    defence: 'and all have so many',
    file: 'bin/line-budget.ts',
    from: 'this.#lines >= this.#limits.lines || ',
    to: '',
    tests: ['bin/log.test.ts', 'bin/line-budget.test.ts'],
  },
  {
    attack: 'floods of sessions',
    defence: 'sessions are counted (maxSessions)',
    file: 'server/admission/occupancy.ts',
    from: 'return refusal(closeCodes.unavailable, full);',
    to: 'return undefined;',
    tests: ['server/access.test.ts', 'server/session.test.ts', 'server/occupancy.test.ts'],
  },
  {
    attack: 'floods of sessions',
    defence: 'sessions that wait are counted (maxDetached)',
    file: 'server/admission/occupancy.ts',
    from: 'this.#detached < maxDetached &&',
    to: '',
    tests: ['server/occupancy.test.ts'],
  },
  {
    attack: 'floods of sessions',
    defence: 'and so is what they hold (maxDetachedBytes)',
    file: 'server/admission/occupancy.ts',
    from: ' && this.#detachedBytes + bytes <= maxDetachedBytes',
    to: '',
    tests: ['server/occupancy.test.ts'],
  },
  {
    attack: 'clients that say nothing',
    defence: 'a first message comes in time (openingTime)',
    file: 'server/session/session.ts',
    from: "      else this.end(closeCodes.timedOut, 'The client said nothing.');\n",
    to: '',
    tests: ['server/limits.enforcement.test.ts', 'server/bad-input.test.ts'],
  },
  {
    attack: 'clients that say nothing',
    defence: 'a session goes on (idleTime)',
    file: 'server/session/session.ts',
    from: "this.end(closeCodes.timedOut, 'Nothing happened for too long.');",
    to: '',
    tests: ['server/limits.enforcement.test.ts'],
  },
];

const pushes: readonly Removal[] = [
  {
    defence: 'one piece of memory has a largest size (maxPushMemory)',
    file: environment,
    from: 'return { GIT_ALLOC_LIMIT: `${most}` };',
    to: "return { GIT_ALLOC_LIMIT: most < 0 ? '1' : '0' };",
  },
  {
    defence: 'large files are unpacked piece by piece (core.bigFileThreshold)',
    file: environment,
    from: "    ['core.bigFileThreshold', '32m'],\n",
    to: '',
  },
  {
    defence: 'a pack has a largest size (maxPushSize)',
    file: 'server/backend/backends.ts',
    from: "      'receive.maxInputSize': `${maxPushSize}`,\n",
    to: "      ...(maxPushSize < 0 ? { 'receive.maxInputSize': '1' } : {}),\n",
  },
  {
    defence: 'so has what git is asked (maxRequestSize)',
    file: 'server/session/session.ts',
    from: "          this.end(closeCodes.tooLarge, 'The request is too large.');\n          return;\n",
    to: '',
  },
].map((one) => ({ attack: 'pack bombs', ...one, tests: [security('bombs')] }));

const names: readonly Removal[] = [
  {
    attack: 'ref names with control characters',
    defence: 'hooks that judge refuse them first',
    file: 'server/hooks/judge.sh',
    from: "*[[:cntrl:]]*) refuse 'a ref name holds control characters.'; return ;;",
    to: '',
    tests: [security('pushes'), 'server/hooks/protect.test.ts'],
  },
];

const forced: readonly Removal[] = [
  {
    attack: 'a forced update among others',
    defence: 'an update keeps history by its own new tip alone',
    file: 'server/hooks/history.sh',
    from: 'if (at == old) return 1',
    to: 'return 1',
    tests: ['server/hooks/forward.test.ts'],
  },
  {
    attack: 'a forced update among others',
    defence: 'what is not shown to keep history is asked of git',
    file: 'server/hooks/judge.sh',
    from: 'GIT_NO_REPLACE_OBJECTS=1 git merge-base --is-ancestor "$old" "$new" </dev/null 2>/dev/null',
    to: ':',
    tests: ['server/hooks/forward.test.ts'],
  },
  {
    attack: 'many forced updates',
    defence: 'an update keeps history only where its old tip is found in it',
    file: 'server/hooks/history.sh',
    from: 'if (parent[each] == old) return 1',
    to: 'return 1',
    tests: ['server/hooks/forward.test.ts'],
  },
  {
    attack: 'many forced updates',
    defence: 'replacement refs are no part of the whole history',
    file: 'server/hooks/history.sh',
    from: 'export LC_ALL=C GIT_NO_REPLACE_OBJECTS=1',
    to: 'export LC_ALL=C',
    tests: ['server/hooks/forward.test.ts'],
  },
];

const logs: readonly Removal[] = [
  {
    defence: 'JSON of the log is printable ASCII',
    file: 'bin/log.ts',
    from: "stream.write(format === 'json' ? escapeJson(line) : formatText(line));",
    to: "stream.write(format === 'json' ? line : formatText(line) + escapeJson(''));",
  },
  {
    defence: 'its text holds no control or format characters',
    file: 'bin/log.ts',
    from: ".replace(/[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]/gu, '?')",
    to: '',
  },
  {
    defence: 'names in the line for fail2ban are quoted',
    file: failures,
    from: ', user ${quoteForLog(username)}`',
    to: ', user "${username}"${quoteForLog(\'\').slice(2)}`',
  },
  {
    defence: 'the path of a refusal is cut',
    file: 'bin/log.ts',
    from: 'repository: repository === undefined ? null : cut(repository, maxPathLength),',
    to: "repository: repository === undefined ? cut('', 0) : repository,",
  },
].map((one) => ({
  attack: 'log injection',
  ...one,
  tests: [security('logs'), 'bin/log.test.ts', 'server/authentication/failures.test.ts'],
}));

const start: readonly Removal[] = [
  {
    defence: 'hooks are tried when the server starts',
    file: 'server/git/preparation.ts',
    from: 'if (allowPush) checkHooksParent(hooksParent);',
    to: "if (allowPush && hooksParent === '') checkHooksParent(hooksParent);",
  },
  {
    defence: 'also whether they can be run there (noexec)',
    file: 'server/hooks/directory.ts',
    from: '    accessSync(hook, constants.X_OK);\n',
    to: "    if (hook === '') accessSync(hook, constants.X_OK);\n",
  },
].map((one) => ({
  attack: 'rules that are lost with their hooks',
  ...one,
  tests: ['server/hooks/directory.test.ts'],
}));

/** All of them. */
export const removals: readonly Removal[] = [
  ...[...paths, ...otherNames, ...disguises, ...words, ...configuration, ...ownWords, ...planting],
  ...[...rules, ...pages],
  ...[
    ...guessing,
    ...credentials,
    ...frames,
    ...floods,
    ...pushes,
    ...names,
    ...forced,
    ...logs,
    ...start,
  ],
  ...gatewayRemovals,
  ...clientRemovals,
];
