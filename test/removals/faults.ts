/** What is wrong with source that was edited by a machine, as far as each file says it alone. */
import { spawnSync } from 'node:child_process';
import ts from 'typescript';

/** Errors of TypeScript for a name that a file neither makes nor imports. */
const unknownName = [2304, 2552, 18004];

/**
 * @param texts of files, by paths, where nothing needs to be.
 * @returns what is wrong with one: its syntax, or a name in it that nothing there knows.
 */
export function checkTypeScript(texts: ReadonlyMap<string, string>): (path: string) => string[] {
  const options = { target: ts.ScriptTarget.ES2022, noResolve: true, types: [] };
  const host = ts.createCompilerHost(options);
  const onDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (path, language) => {
    const text = texts.get(path);
    return text === undefined ? onDisk(path, language) : ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return (path) => {
    const file = program.getSourceFile(path);
    const unknown = program.getSemanticDiagnostics(file).filter(({ code, start = 0, length }) => {
      // What Node has is no error, though its types are not here.
      const name = file?.text.slice(start, start + (length ?? 0)) ?? '';
      return unknownName.includes(code) && !(name in globalThis);
    });
    return [...program.getSyntacticDiagnostics(file), ...unknown].map(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, ' '),
    );
  };
}

/** @returns what `sh` says of a script that it does not run. */
export function checkShell(text: string): string[] {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' });
  return status === 0 ? [] : [stderr];
}
