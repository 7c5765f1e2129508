// What a stranger's program does with a repository: two clones, one by isomorphic-git with the plugin,
// one by gitws/git, each of which commits, pushes, and gets what the other has pushed.
// client.mjs URL FOLDER
import fs from 'node:fs';
import process from 'node:process';
import { bindRepository, http } from 'gitws';
import ours from 'gitws/git';
import git from 'isomorphic-git';

const [url = '', folder = ''] = process.argv.slice(2);
const author = { name: 'A Stranger', email: 'stranger@example.com' };
const warnings = [];
const onWarning = (warning) => warnings.push(String(warning));
const [plugin, own, bound] = ['plugin', 'own', 'bound'].map((name) => `${folder}/${name}`);

async function commit(dir, filepath) {
  await fs.promises.writeFile(`${dir}/${filepath}`, `${filepath}\n`);
  await git.add({ fs, dir, filepath });
  return git.commit({ fs, dir, message: `Add ${filepath}`, author });
}

await git.clone({ fs, http, dir: plugin, url });
await ours.clone({ fs, dir: own, url });

const first = await commit(plugin, 'by-plugin.txt');
await git.push({ fs, http, dir: plugin });
await ours.pull({ fs, dir: own, author });
const pulled = await git.resolveRef({ fs, dir: own, ref: 'HEAD' });

const second = await commit(own, 'by-own.txt');
await ours.push({ fs, dir: own });
await git.fetch({ fs, http, dir: plugin });
const fetched = await git.resolveRef({ fs, dir: plugin, ref: 'refs/remotes/origin/main' });

// Its packs are indexed by the engine, in a worker where there is one.
await git.clone({ ...bindRepository({ fs, dir: bound, url, onWarning }) });
const cloned = await git.resolveRef({ fs, dir: bound, ref: 'HEAD' });

console.log(JSON.stringify({ first, pulled, second, fetched, cloned, warnings }));
