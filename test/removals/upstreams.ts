/**
 * What a gateway defends with beside its network (gateway.ts): its own key for ssh, the credentials of
 * its operator, requests for large files, and its places against upstreams that are down. Part of the
 * list in removals.ts.
 */
import { against, type Removal } from './removal.js';

const ends = ['server/backend/ssh/ends.test.ts'];
const given = ['server/backend/ssh/arguments.test.ts'];
const addresses = ['server/backend/ssh/addresses.test.ts'];

const ownKey = against('the key of a gateway', ends, [
  {
    defence: 'addresses that a name of ssh:// leads to are judged',
    instead: 'const allowed = found.filter((address) => mayConnectTo(address, true));',
    tests: addresses,
  },
  { defence: 'ssh connects to the address that was judged (HostName)', tests: addresses },
  {
    defence: 'a host whose key is not known is not spoken with (StrictHostKeyChecking)',
    instead: "StrictHostKeyChecking: 'no'",
  },
  { defence: 'no agent is asked for other keys (IdentityAgent)', tests: given },
  {
    defence: 'nothing that a configuration of ssh says is run on this machine (PermitLocalCommand)',
    instead: "PermitLocalCommand: 'yes'",
    tests: given,
  },
  {
    defence: 'a path is one word for the shell at the other end',
    instead: "return `'${text}'`;",
    tests: given,
  },
  {
    defence: 'what ssh says of this machine goes to nobody else',
    instead: "...['-F', files.config ?? 'none', '-T']",
  },
  {
    defence: 'a key that others can read is refused',
    tests: ['server/backend/ssh/files.test.ts'],
  },
  { defence: 'credentials of a client for ssh:// are refused, and not just left out' },
  { defence: "allowPush lets nobody push with the server's key" },
]);

const operators = against(
  "the operator's credentials for upstreams",
  ['server/backend/operator-credentials.test.ts'],
  [
    { defence: 'who gives credentials is not helped by those of the operator' },
    {
      defence: "a redirect takes the operator's credentials for where it leads, or none",
      instead: 'return proof;',
    },
    { defence: "the operator's credentials are for one upstream" },
    { defence: "the operator's credentials are for what their entry allows" },
    { defence: "the operator's credentials are for the repositories of their entry" },
    {
      defence: 'what a host says to the operator is not passed on',
      instead: 'const words = await wordsOf(answer);',
    },
    { defence: "the operator's credentials need rules" },
    { defence: 'a file of secrets that everybody may read is refused' },
    {
      defence: 'what is wrong in a file of secrets is told without quoting it',
      instead: 'const why = `: ${(error as SyntaxError).message}`;',
    },
  ],
);

const largeFiles = against(
  'large files through a gateway',
  ['server/backend/lfs.interop.test.ts'],
  [
    { defence: 'an upload of large files is judged as a push' },
    {
      defence: 'what is passed on of a batch is written anew',
      instead:
        "return result.success ? (JSON.parse(body.toString('utf8')) as BatchRequest) : undefined;",
    },
    { defence: 'a batch and its answer have a largest size (maxBatchSize)' },
    { defence: 'a form of a page cannot send a batch', instead: 'return undefined;' },
  ],
);

const gates = ['server/backend/gates.test.ts'];

const deadUpstreams = against(
  'places by an upstream that is down',
  ['server/backend/breaker.test.ts', ...gates],
  [
    { defence: 'an upstream that does not answer is asked no more for a while' },
    { defence: 'one request alone tries an upstream that did not answer' },
    {
      defence: 'an upstream has places of its own (maxPerUpstream)',
      instead: 'places: new Places({ places: places * 100, queue, time })',
      tests: gates,
    },
    {
      defence: 'an answer of an upstream is one, whatever it says',
      instead: 'told(answer.statusCode < 500);',
      tests: gates,
    },
    { defence: 'an upstream that takes too long has not answered', tests: gates },
  ],
);

export const upstreamRemovals: readonly Removal[] = [
  ...ownKey,
  ...operators,
  ...largeFiles,
  ...deadUpstreams,
];
