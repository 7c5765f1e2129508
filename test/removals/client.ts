/**
 * What the client defends its user's repository, and its memory, with against a server that lies or
 * fails. Part of the list in removals.ts.
 */

const contract = 'contract.interop.test.ts';

const truth = [
  {
    defence: 'the pack’s checksum is verified',
    file: 'src/isomorphic/pack-checksum.ts',
    from: 'if (!digest.every(',
    to: 'if (digest.length === 0 && !digest.every(',
    tests: [contract, 'isomorphic/parts.test.ts'],
  },
  {
    defence: 'before the last of the pack is handed on',
    file: 'src/isomorphic/pack-route.ts',
    from: 'this.#held = bytes;',
    to: 'this.#held = bytes.subarray(bytes.length);\n    void ready;\n    if (bytes.length > 0) return Promise.resolve(encodeSideBand(1, bytes));',
    tests: ['isomorphic/fetch.test.ts'],
  },
  {
    defence: 'what makes isomorphic-git write refs and shallow comes after the pack',
    file: 'src/isomorphic/fetch-exchange.ts',
    from: 'this.#control.push(encodePktLine(`${event.type} ${event.oid}\\n`));\n        return [];',
    to: 'return [encodePktLine(`${event.type} ${event.oid}\\n`)];',
    tests: ['isomorphic/fetch.test.ts'],
  },
  {
    defence: 'band 3 and ERR lines end it',
    file: 'src/isomorphic/fetch-exchange.ts',
    from: "case 'error':\n        throw remoteError(event.message);",
    to: "case 'error':\n        if (event.message === '') throw remoteError(event.message);\n        return [];",
    tests: [contract],
  },
  {
    defence: 'git’s exit has to be 0',
    file: 'src/isomorphic/fetch-exchange.ts',
    from: 'await run.success();',
    to: '',
    tests: [contract],
  },
  {
    defence: 'a push that nobody reported on is in doubt',
    file: 'src/remote/push-exchange.ts',
    from: 'throw isComplete ? await inDoubt(error, asked().commands, askRefs) : error;',
    to: 'await Promise.resolve(inDoubt);\n    throw error;',
    tests: [contract],
  },
].map((one) => ({ attack: 'a server that sends less than it says', ...one }));

const names = [
  {
    defence: 'names of advertised refs are checked',
    file: 'src/wire/v0/advertisement.ts',
    from: 'checkRefName(name);\n      if (oid === zeroOid) throw this.malformed(`${quoteText(name)} has no object`, offset);',
    to: 'if (oid === zeroOid) throw this.malformed(`${quoteText(name)} has no object`, offset);',
    tests: [contract, 'wire/advertisement-refusals.test.ts'],
  },
  {
    defence: 'so are those that symrefs point to',
    file: 'src/wire/v0/advertisement.ts',
    from: 'checkRefName(target);',
    to: '',
    tests: [contract, 'wire/advertisement-refusals.test.ts'],
  },
  {
    defence: 'and those of ls-refs',
    file: 'src/wire/v2/ls-refs.ts',
    from: 'checkRefName(name);',
    to: '',
    tests: [contract, 'wire/ls-refs.test.ts'],
  },
  {
    defence: 'other object formats are refused',
    file: 'src/wire/object-format.ts',
    from: "if (objectFormat === 'sha1') return;",
    to: "if (objectFormat !== '') return;",
    tests: [contract, 'wire/advertisement-refusals.test.ts'],
  },
].map((one) => ({ attack: 'a server that writes where it should not', ...one }));

const manners = [
  {
    defence: 'a line that never ends is cut',
    file: 'src/remote/remote-text.ts',
    from: 'if (this.#rest.length > longestLine) {',
    to: 'if (this.#rest.length > longestLine * 1e9) {',
    tests: ['isomorphic/parts.test.ts'],
  },
  {
    defence: 'its words lose what could move a cursor',
    file: 'src/remote/messages.ts',
    from: 'const line = stripControlCharacters(raw);',
    to: "const line = raw + stripControlCharacters('');",
    tests: ['isomorphic/fetch.test.ts'],
  },
  {
    defence: 'so do those of its stderr',
    file: 'src/remote/service-run.ts',
    from: 'settings.onMessage?.(stripControlCharacters(text))',
    to: 'settings.onMessage?.(text)',
    tests: ['isomorphic/fetch.test.ts'],
  },
  {
    defence: 'an upgrade that nothing follows is given up',
    file: 'src/tunnel/client/attempt.ts',
    from: '    }, time);',
    to: '    }, time * 1e5);',
    tests: ['tunnel/channel.test.ts'],
  },
  {
    defence: 'an advertisement that nothing follows is ended',
    file: 'src/isomorphic/waiting.ts',
    from: 'void closeAfterAdvertisement(entry.advertised.run, this.#patience);',
    to: 'if (entry.key === "") void closeAfterAdvertisement(entry.advertised.run, 0);',
    tests: ['isomorphic/client.test.ts'],
  },
  {
    defence: 'two operations at once do not share a run',
    file: 'src/isomorphic/waiting.ts',
    from: 'entries.find((candidate) => candidate.headers === headers)',
    to: 'entries.at(0)',
    tests: ['isomorphic/client.test.ts'],
  },
].map((one) => ({ attack: 'a server that takes its client’s time and memory', ...one }));

const submodules = [
  {
    defence: 'a name that leads elsewhere is refused',
    file: 'src/git/submodules/modules-file.ts',
    from: 'if (!isSafeName(name)) throw',
    to: "if (name === '' && !isSafeName(name)) throw",
    tests: ['git/submodules.test.ts'],
  },
  {
    defence: 'one does not lie in another one’s repository',
    file: 'src/git/submodules/modules-file.ts',
    from: 'if (outer.some((each) => folded.has(each))) {',
    to: 'if (outer.some((each) => each.length > 1e6 && folded.has(each))) {',
    tests: ['git/submodules.test.ts'],
  },
  {
    defence: 'nothing is written through a link in its place',
    file: 'src/git/submodules/update.ts',
    from: "if (typeof barred === 'string')",
    to: "if (barred === '')",
    tests: ['git/submodules.test.ts'],
  },
  {
    defence: 'who asks is told to the superproject’s host alone',
    file: 'src/git/submodules/update.ts',
    from: "([name]) => isSame || name !== 'authorization',",
    to: "([name]) => isSame || name !== '',",
    tests: ['git/submodules.test.ts'],
  },
].map((one) => ({ attack: 'a repository whose submodules lead out of their places', ...one }));

export const clientRemovals = [...truth, ...names, ...manners, ...submodules];
