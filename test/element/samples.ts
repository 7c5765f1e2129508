/** Repositories for the element's tests, made by git itself. */
import { join } from 'node:path';
import { git } from '../helpers/git.js';

/** A file's text or bytes; null takes it away. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/** One commit. */
export interface Step {
  readonly message: string;
  readonly files: Files;
  readonly author?: string;
}

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGNgaGDAg0al8UgDAFU+S4FQqUhVAAAAAElFTkSuQmCC',
  'base64',
);

/** @returns a fast-import stream. */
function streamOf(steps: readonly Step[]): Buffer {
  const parts: (string | Uint8Array)[] = [];
  const data = (bytes: string | Uint8Array): void => {
    const own = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    parts.push(`data ${own.length}\n`, own, '\n');
  };
  for (const [index, { message, files, author = 'Ada <ada@example.com>' }] of steps.entries()) {
    const time = 1_700_000_000 + index * 3_600;
    parts.push('commit refs/heads/main\n', `mark :${index + 1}\n`);
    parts.push(`author ${author} ${time} +0000\ncommitter ${author} ${time} +0000\n`);
    data(message);
    if (index > 0) parts.push(`from :${index}\n`);
    for (const [path, content] of Object.entries(files)) {
      const quoted = JSON.stringify(path).replace(/\\u00../g, '?');
      if (content === null) parts.push(`D ${quoted}\n`);
      else if (typeof content === 'string' && content.startsWith('link:')) {
        parts.push(`M 120000 inline ${quoted}\n`);
        data(content.slice(5));
      } else if (typeof content === 'string' && content.startsWith('submodule:')) {
        parts.push(`M 160000 ${content.slice(10)} ${quoted}\n`);
      } else {
        parts.push(`M 100644 inline ${quoted}\n`);
        data(content);
      }
    }
  }
  parts.push('done\n');
  return Buffer.concat(parts.map((part) => Buffer.from(part as string)));
}

/** Makes a bare repository of commits on `main`. @returns its folder. */
export async function makeOf(root: string, name: string, steps: readonly Step[]): Promise<string> {
  const gitDir = join(root, `${name}.git`);
  await git(['init', '-q', '--bare', '--initial-branch=main', gitDir]);
  if (steps.length > 0) {
    await git([`--git-dir=${gitDir}`, 'fast-import', '--quiet', '--done'], {
      input: streamOf(steps),
    });
  }
  return gitDir;
}

/** A repository as people have them. */
export async function makeBook(root: string, name: string): Promise<string> {
  const gitDir = await makeOf(root, name, [
    {
      message: 'Begin\n\nWith a readme and some code.\n',
      files: {
        'README.md': '# The book\n\nOld words.\n',
        'src/main.ts': 'export const answer: number = 41;\n',
        'docs/guide.md': '# Guide\n\nBack to the [book](../README.md).\n',
      },
    },
    {
      message: 'Add pictures',
      files: {
        'images/dot.png': png,
        'images/wave.svg':
          '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 10q10-10 20 0t20 0" fill="none" stroke="teal"/></svg>',
        'notes.txt': 'one\ntwo\nthree\n',
      },
    },
    { message: 'Answer right', files: { 'src/main.ts': 'export const answer: number = 42;\n' } },
    {
      message: 'Write the book',
      author: 'Zoë <zoe@example.com>',
      files: {
        'README.md': `# The book

New words, and a [guide](docs/guide.md), a [site](https://example.com/), [the end](#the-end).

![A dot](images/dot.png) ![A wave](/images/wave.svg)

| one | two |
| --- | --- |
| 1 | 2 |

- [x] done
- [ ] open

\`\`\`ts
const answer = 42; // right
\`\`\`

${'Many words stand here.\n\n'.repeat(30)}
## The end
`,
      },
    },
  ]);
  const at = (...args: string[]): Promise<string> => git([`--git-dir=${gitDir}`, ...args]);
  await at('tag', '-a', '-m', 'First', 'v1', 'main~2');
  await at('branch', 'topic/other', 'main~1');
  return gitDir;
}
