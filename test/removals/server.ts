/** What the server defends itself and its users with. Part of the list in removals.ts. */
import { against, type Removal } from './removal.js';

const security = (name: string): string => `server/security/${name}.test.ts`;
const enforcement = 'server/limits.enforcement.test.ts';
const badInput = 'server/bad-input.test.ts';
const judging = 'server/hooks/protect.test.ts';
const budgets = ['bin/log.test.ts', 'bin/line-budget.test.ts'];
const forward = 'server/hooks/forward.test.ts';

const requests = [
  ...against(
    'path traversal',
    [security('paths'), 'server/repository.test.ts', 'server/target.test.ts'],
    [
      { defence: 'dot segments are refused' },
      { defence: 'encoded slashes are refused' },
      { defence: 'backslashes are refused' },
      { defence: 'empty segments are refused' },
      { defence: 'control characters in a path are refused' },
      {
        defence: 'each segment is decoded once',
        instead: 'return decodeURIComponent(decodeURIComponent(segment));',
      },
      { defence: 'a repository is held against root by its real path' },
      {
        defence: 'a path is inside of another by whole components',
        instead: "return way !== '' && path.startsWith(root);",
      },
      { defence: 'nothing inside of a git directory is a repository' },
    ],
  ),
  ...against(
    'another name for a repository',
    [security('paths')],
    [
      {
        defence: 'no segment of a path is made of .git',
        instead:
          "if (segments.some((segment) => segment.toLowerCase() === '.git')) return undefined;",
      },
    ],
  ),
  ...against(
    'a push that looks like a fetch',
    [security('paths')],
    [
      { defence: 'the name of the service must not be encoded' },
      { defence: 'fragments are refused' },
    ],
  ),
  ...against(
    'argument injection',
    [security('paths'), 'server/target.test.ts'],
    [{ defence: 'segments that begin with a dash are refused' }],
  ),
];

const git = [
  ...against(
    'environment and configuration injection',
    [security('configuration'), 'server/safe-git.test.ts', 'server/environment.test.ts'],
    [
      { defence: "the server's own environment does not reach git", before: '...own,' },
      {
        defence: "git has none of the user's settings (HOME)",
        instead: "HOME: own['HOME'] ?? '/nonexistent'",
      },
      { defence: "git has none of the machine's settings (GIT_CONFIG_NOSYSTEM)" },
      { defence: 'only three protocol versions reach git', instead: 'return asked;' },
      { defence: 'readers cannot make git fetch what it lacks (GIT_NO_LAZY_FETCH)' },
      { defence: "the operator's settings cannot be the server's own protections" },
      {
        defence: 'a foreign repository is trusted only where the operator says so',
        instead: "return [['safe.directory', '*']];",
      },
    ],
  ),
  ...against(
    'a repository served looser than its owner said',
    ['server/own-word.interop.test.ts'],
    [
      {
        defence: 'what a repository has shut is not opened by settings for all',
        instead: '...ours',
      },
    ],
  ),
  ...against(
    'reading where the server keeps what',
    ['server/own-paths.interop.test.ts'],
    [
      {
        defence: "the server's paths are taken out of what git says on stdout",
        instead: 'this.#gather([chunk]);',
      },
    ],
  ),
  ...against(
    'hook planting',
    [security('planting')],
    [
      { defence: 'what may have been pushed into a work tree is not served' },
      {
        defence: 'what is reached by a link in a work tree is not served',
        instead: 'return isInsideWorkTree(root, gitDir);',
      },
      {
        defence: 'what is called HEAD is looked at before it is opened',
        before: 'await (await open(head)).close();',
      },
      { defence: 'pushed objects are checked (receive.fsckObjects)' },
    ],
  ),
];

const rules = [
  ...against(
    'ways around a rule for refs',
    [judging],
    [
      {
        defence: 'rules for refs are enforced by hooks of the server (core.hooksPath)',
        instead: "config: [['core.abbrev', '40']]",
      },
      {
        defence: 'letter case hides no ref from a rule',
        instead: 'lower() { printf %s "$1"; }',
      },
      { defence: 'a symbolic ref is judged by what it stands for', instead: '0) ;;' },
      {
        defence: 'replacement refs do not make a rewritten history look whole',
        instead: 'git merge-base --is-ancestor "$old" "$new" </dev/null 2>/dev/null',
      },
    ],
  ),
  ...against(
    'ref names with control characters',
    [security('pushes'), judging],
    [{ defence: 'ref names with control characters are refused before they are judged' }],
  ),
  ...against(
    'a forced update among others',
    [forward],
    [
      { defence: 'an update keeps history by its own new tip alone', instead: 'return 1' },
      { defence: 'what is not shown to keep history is asked of git', instead: ':' },
    ],
  ),
  ...against(
    'many forced updates',
    [forward],
    [
      {
        defence: 'an update keeps history only where its old tip is found in it',
        instead: 'return 1',
      },
      {
        defence: 'replacement refs are no part of the whole history',
        instead: 'export LC_ALL=C',
      },
    ],
  ),
  ...against(
    'rules that are lost with their hooks',
    ['server/hooks/directory.test.ts'],
    [
      { defence: 'hooks are tried when the server starts' },
      { defence: 'a file system where hooks cannot run (noexec) is noticed' },
    ],
  ),
];

const pages = [
  ...against(
    'cross-site WebSocket hijacking',
    [security('pages')],
    [
      { defence: 'Origin must be on the list' },
      {
        defence: 'Origin is checked by its older name, too',
        instead: 'const origin = request.headers.origin;',
      },
    ],
  ),
  ...against(
    'DNS rebinding',
    [security('pages')],
    [{ defence: 'Host must be one of the own names' }],
  ),
  ...against(
    'cached Basic credentials',
    [security('pages')],
    [
      {
        defence: "the page's own credentials beat the header",
        instead: 'authorization: request.headers.authorization ?? offer?.authorization',
      },
    ],
  ),
  ...against(
    'getting credentials echoed',
    [badInput],
    [
      {
        defence: 'no entry of the subprotocol header is echoed but the version',
        instead: 'handleProtocols: (offered) => [...offered].at(-1) ?? subprotocol',
      },
    ],
  ),
];

const credentials = [
  ...against(
    'token guessing and timing',
    [
      security('credentials'),
      'server/authentication/failures.test.ts',
      'server/authentication/tokens.test.ts',
      'server/authentication/htpasswd.test.ts',
      'server/client-address.test.ts',
    ],
    [
      {
        defence: 'too many failures of an address are refused',
        instead: 'if (failures >= this.#limits.maxFailures) return;',
      },
      { defence: 'guesses are counted before their answer is known' },
      { defence: 'answers to failures are delayed' },
      { defence: 'X-Forwarded-For is believed of trusted proxies only' },
      {
        defence: 'a /64 of IPv6 is one address',
        instead: 'const network = parsed.toByteArray();',
      },
      {
        defence: 'a token is compared with every hash',
        instead: 'if (timingSafeEqual(known.hash, hash)) return known.user;',
      },
      {
        defence: 'hashes of tokens are compared in constant time',
        instead: 'if (known.hash.equals(hash)) found = known;',
      },
      { defence: 'an unknown name costs what a known one costs' },
      { defence: 'a name with a cheaper hash costs what others cost' },
    ],
  ),
  ...against(
    'CR/LF in a credential',
    [security('credentials')],
    [
      {
        defence: 'credentials of a page hold no CR, LF or NUL',
        tests: [security('credentials'), 'tunnel/subprotocol.test.ts'],
      },
      { defence: 'a decoded user name or password holds no CR, LF or NUL' },
      { defence: 'a user name with control characters pushes nothing' },
    ],
  ),
  ...against(
    'finding out which repositories exist',
    ['server/access.test.ts'],
    [{ defence: 'who may not read hears the same of a repository that does not exist' }],
  ),
  ...against(
    "another user's session token",
    [security('resuming')],
    [
      { defence: 'a session is bound to its user' },
      { defence: 'a session is bound to its repository' },
      { defence: 'a session is bound to its service' },
    ],
  ),
  ...against(
    'revoked rights at resume',
    [security('resuming')],
    [
      {
        defence: 'rights are checked again at a resume',
        before: `if (hasPlace && access.kind === 'refusal') {
          const place = await lookFor(segments, context);
          if (place !== undefined && place.kind !== 'refusal') {
            const user = access.user ?? null;
            const kept = { user, address, name, place, service, gitProtocol, window, resume, next };
            return { kind: 'admission', ...kept };
          }
        }`,
      },
    ],
  ),
];

const frames = [
  ...against(
    'oversized frames',
    [security('frames')],
    [
      {
        defence: 'a frame holds 1 MiB at most (maxPayload)',
        tests: [security('frames'), badInput],
      },
      { defence: 'nothing is inflated', instead: 'perMessageDeflate: true' },
      {
        defence: 'a text message holds 8 KiB at most',
        tests: ['tunnel/message.test.ts', badInput],
      },
    ],
  ),
  ...against(
    'fragmented frames',
    [security('frames')],
    [
      {
        defence: 'a message has 16,384 pieces at most',
        instead: 'maxFragments: 0, maxBufferedChunks: 0',
      },
    ],
  ),
  ...against(
    'message floods',
    [security('frames')],
    [
      { defence: '100 uncounted messages a second are the most' },
      {
        defence: 'each counted message costs credit, however small',
        instead: 'this.#incoming.add(bytes.length);',
      },
      { defence: 'a client is held to its credit', tests: [security('frames'), badInput] },
      { defence: 'pongs that nobody reads do not pile up', instead: 'maxPendingAutoPongs: 0' },
    ],
  ),
];

const floods = [
  ...against(
    'a window of 1 GiB that never acknowledges',
    [security('floods')],
    [
      {
        defence: 'a window has a largest size',
        instead: 'return bytes >= windowBytes.minimum;',
      },
      {
        defence: 'maxReplay bounds what is kept, whatever the window',
        instead: 'const most = Math.max(peerWindow, maxReplay);',
      },
    ],
  ),
  ...against(
    'acknowledging without reading',
    [badInput],
    [{ defence: 'what waits in a socket is bounded', instead: 'return;' }],
  ),
  ...against(
    'acknowledging what has not arrived',
    [security('false-acks')],
    [
      {
        defence: 'a buffer that a socket has to send is not used again',
        instead: 'connection.send(frame);',
      },
    ],
  ),
  ...against(
    'stderr flood',
    [security('floods')],
    [
      { defence: 'stderr needs credit as data does' },
      { defence: 'a session has a longest time', tests: [security('floods'), enforcement] },
    ],
  ),
  ...against(
    'a hook that leaves something in the background',
    ['server/safe-git.test.ts'],
    [{ defence: 'stderr that is dropped holds up nothing', before: 'this.#linger?.refresh();' }],
  ),
  ...against(
    'floods of refused clients',
    [enforcement],
    [
      {
        defence: 'refused sockets are bounded in number (maxRefusals)',
        tests: [enforcement, badInput],
      },
      {
        defence: 'an address has a share of refused sockets (maxRefusalsPerAddress)',
        instead: 'return;',
      },
    ],
  ),
  ...against(
    'floods of refused clients',
    ['bin/log.test.ts'],
    [
      {
        defence: 'errors that clients cause are counted before they are logged',
        instead: 'logger.error(words);',
      },
      {
        defence: 'failed sign-ins are counted before they are logged',
        instead: 'stream.write(`${line}\\n`);',
      },
      { defence: 'an address, or an error, has so many log lines', tests: budgets },
      { defence: 'all causes together have so many log lines', tests: budgets },
    ],
  ),
  ...against(
    'floods of sessions',
    ['server/occupancy.test.ts'],
    [
      {
        defence: 'sessions are counted (maxSessions)',
        tests: ['server/access.test.ts', 'server/session.test.ts', 'server/occupancy.test.ts'],
      },
      { defence: 'sessions that wait are counted (maxDetached)' },
      { defence: 'what sessions that wait hold is counted (maxDetachedBytes)' },
    ],
  ),
  ...against(
    'clients that say nothing',
    [enforcement],
    [
      { defence: 'a first message comes in time (openingTime)', tests: [enforcement, badInput] },
      { defence: 'a client that falls silent is given up (idleTime)' },
    ],
  ),
  ...against(
    'pack bombs',
    [security('bombs')],
    [
      {
        defence: 'one piece of memory has a largest size (maxPushMemory)',
        instead: "return { GIT_ALLOC_LIMIT: '0' };",
      },
      { defence: 'large files are unpacked piece by piece (core.bigFileThreshold)' },
      { defence: 'a pack has a largest size (maxPushSize)' },
      { defence: 'what git is asked has a largest size (maxRequestSize)' },
    ],
  ),
];

const logs = against(
  'log injection',
  [security('logs'), 'bin/log.test.ts', 'server/authentication/failures.test.ts'],
  [
    {
      defence: 'JSON of the log is printable ASCII',
      instead: "stream.write(format === 'json' ? line : formatText(line));",
    },
    {
      defence: 'text of the log holds no control or format characters',
      instead: 'return `${formatRecord(record)}\\n`;',
    },
    {
      defence: 'names in the line for fail2ban are quoted',
      instead: 'const who = username === undefined ? \'\' : `, user "${username}"`;',
    },
    { defence: 'the path of a refusal is cut', instead: 'repository: repository ?? null' },
  ],
);

export const serverRemovals: readonly Removal[] = [
  ...[...requests, ...git, ...rules, ...pages],
  ...[...credentials, ...frames, ...floods, ...logs],
];
