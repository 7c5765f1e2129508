/**
 * What a gateway defends with: its network against whoever asks for a host, and each user's
 * credentials against every host but one. Part of the list in removals.ts. Not here: what a name leads
 * to, which is judged twice, in the lookup and on the socket.
 */

const addresses = 'server/backend/upstream/addresses.ts';
const http = 'server/backend/upstream/smart-http.ts';
const upstreams = 'server/backend/upstream/upstreams.ts';
const tests = ['server/backend/addresses.test.ts', 'server/backend/credentials.test.ts'];

const openProxy = [
  {
    defence: 'addresses of this machine and its network are refused',
    file: addresses,
    from: 'if (privateKinds.includes(kind)) return allowPrivate;',
    to: 'if (privateKinds.includes(kind)) return true;',
  },
  {
    defence: 'so are those where clouds keep credentials, outside of link-local ones',
    file: addresses,
    from: 'if (metadata.some((one) => address.toString() === ipaddr.parse(one).toString())) return false;',
    to: '',
  },
  {
    defence: 'so is all else that is not public',
    file: addresses,
    from: "if (kind !== 'unicast') return false;",
    to: '',
  },
  {
    defence: 'an IPv4 address within an IPv6 one counts as what it is',
    file: addresses,
    from: "if (kind !== 'ipv4Mapped' && kind !== 'rfc6052') return address;",
    to: "if (kind !== 'rfc6052') return address;",
  },
  {
    defence: 'a redirect goes to an upstream alone',
    file: http,
    from: "if (upstream === undefined || url.username !== '' || url.password !== '') return leaves;",
    to: 'if (upstream === undefined) return from;',
  },
  {
    defence: 'and to what rules allow',
    file: http,
    from: 'return (await how.allows(nameOf(next))) ? next : leaves;',
    to: 'return next;',
  },
  {
    defence: 'what is decoded twice is no path',
    file: upstreams,
    from: "if (/[%?#;]/.test(segment)) return 'has one of % ? # ; in it';",
    to: '',
  },
  {
    defence: 'an answer has to be git’s',
    file: http,
    from: 'if (!isOfType(answer, `application/x-${how.service}-advertisement`)) {',
    to: 'if (answer.statusCode === 0) {',
  },
].map((one) => ({ attack: 'an open proxy', ...one, tests }));

const credentials = [
  {
    defence: 'those for one host stay with it when another is redirected to',
    file: http,
    from: 'if (next.upstream.origin !== location.upstream.origin) authorization = undefined;',
    to: '',
    tests,
  },
  {
    defence: 'where rules protect refs, nobody pushes past them',
    file: 'server/backend/upstream/backend.ts',
    from: 'if (rules !== undefined && rules.protections.length > 0) {',
    to: 'if (rules !== undefined && rules.protections.length > 1_000) {',
    tests: ['server/backend/ref-rules.test.ts'],
  },
  {
    defence: 'what is kept of a fetch has a limit',
    file: 'src/wire/stateless/negotiation.ts',
    from: 'if (this.#size > this.#most) throw new RequestTooLarge();',
    to: '',
    tests: ['server/backend/limits.test.ts'],
  },
].map((one) => ({ attack: 'the hosts behind a gateway', ...one }));

/** All of them. */
export const gatewayRemovals = [...openProxy, ...credentials];
