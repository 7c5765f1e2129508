/**
 * What a gateway defends with: its network against whoever asks for a host, and each user's
 * credentials against every host but one. Part of the list in removals.ts. Not here: what a name leads
 * to, which is judged twice, in the lookup and on the socket.
 */
import { against, type Removal } from './removal.js';

const tests = ['server/backend/addresses.test.ts', 'server/backend/credentials.test.ts'];

export const gatewayRemovals: readonly Removal[] = [
  ...against('an open proxy', tests, [
    {
      defence: 'addresses of this machine and its network are refused',
      instead: 'if (privateKinds.includes(kind)) return true;',
    },
    { defence: 'addresses where clouds keep credentials are refused' },
    { defence: 'all other addresses that are not public are refused' },
    {
      defence: 'an IPv4 address within an IPv6 one counts as what it is',
      instead: "if (kind !== 'rfc6052') return address;",
    },
    {
      defence: 'a redirect goes to an upstream alone',
      instead: 'if (upstream === undefined) return from;',
    },
    { defence: 'a redirect goes to what rules allow', instead: 'return next;' },
    { defence: 'what is decoded twice is no path' },
    { defence: "an answer has to be git's" },
  ]),
  ...against('the hosts behind a gateway', tests, [
    { defence: 'credentials for one host stay with it when another is redirected to' },
    {
      defence: 'where rules protect refs elsewhere, nobody pushes past them',
      tests: ['server/backend/ref-rules.test.ts'],
    },
    {
      defence: 'what is kept of a fetch has a limit (maxNegotiation)',
      tests: ['server/backend/limits.test.ts'],
    },
  ]),
];
