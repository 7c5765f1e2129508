/** Which branch an empty repository begins with: only protocol version 2 says so (gitprotocol-v2(5), `unborn`). */
import { LsRefsParser } from '../wire/v2/ls-refs.js';
import { encodeCommand } from '../wire/v2/command.js';
import type { Connection } from './connection.js';

/**
 * @returns the full name; undefined where the server does not say.
 * @throws what {@link Connection.open} and the parser of the list throw.
 */
export async function unbornHead(connection: Connection): Promise<string | undefined> {
  const { run, advertisement } = await connection.open('git-upload-pack', {
    gitProtocol: 'version=2',
  });
  const isSaid =
    advertisement.version === 2 &&
    advertisement.capabilities.get('ls-refs')?.some((words) => words.split(' ').includes('unborn'));
  if (isSaid !== true) {
    run.abort();
    return undefined;
  }
  try {
    await run.send([encodeCommand('ls-refs', new Map(), ['symrefs', 'unborn', 'ref-prefix HEAD'])]);
    const parser = new LsRefsParser();
    for (let chunk = await run.read(); chunk !== undefined; chunk = await run.read()) {
      const step = parser.push(chunk);
      if (!step.done) continue;
      await run.drain();
      return step.value.find(({ name }) => name === 'HEAD')?.symrefTarget;
    }
    await run.success();
    parser.end();
    return undefined;
  } catch (error) {
    run.abort(error);
    throw error;
  }
}
