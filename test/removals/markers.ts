/**
 * Markers of defences in the source, and what is done to the code that they mark. A marker is a
 * comment on a line of its own: `// Defence: dot segments are refused.` It marks what begins behind it,
 * where other comments may lie between: a statement, a part of an object or of a list, or an operand of
 * && or ||. In sh, `# Defence: ….` marks a line. One thing may have many.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import type { Edit, Located, Removal } from './removal.js';

/** Where a defence is. */
export interface Marker {
  readonly defence: string;
  /** From the top of the project. */
  readonly file: string;
}

const folders = ['src', 'server', 'native', 'bin'];

/** @returns all markers of a project's sources. */
export async function findMarkers(project: string): Promise<Marker[]> {
  const markers: Marker[] = [];
  for (const folder of folders) {
    const names = await readdir(join(project, folder), { recursive: true });
    for (const name of names.filter((one) => /\.(tsx?|sh)$/.test(one)).sort()) {
      const file = `${folder}/${name}`;
      const source = await readFile(join(project, file), 'utf8');
      for (const [, defence = ''] of source.matchAll(anyMarker)) markers.push({ defence, file });
    }
  }
  return markers;
}

const anyMarker = /^ *(?:\/\/|#) Defence: (.+)\.$/gm;

/** @throws Error where one has no marker. */
export function locate(removals: readonly Removal[], markers: readonly Marker[]): Located[] {
  const files = new Map(markers.map(({ defence, file }) => [defence, file]));
  return removals.map((one) => {
    const file = files.get(one.defence);
    if (file === undefined) throw new Error(`The source has no marker of: ${one.defence}`);
    return { ...one, file };
  });
}

/**
 * @param source of its file.
 * @returns the source without the defence.
 */
export function takeAway({ defence, file, ...edit }: Located, source: string): string {
  const marker = [...source.matchAll(anyMarker)].find(([, name]) => name === defence);
  if (marker === undefined) throw new Error(`${file} has no marker of: ${defence}`);
  const from = marker.index + marker[0].length;
  if (file.endsWith('.sh')) return editLine(source, from, edit);
  // By its name it is known whether there is JSX in it: a <T> is something else there.
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  return editNode(parsed, from, edit);
}

/** The text between two places, and what is to be there instead. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function apply(source: string, { from, to, text }: Change): string {
  return source.slice(0, from) + text + source.slice(to);
}

function editLine(source: string, from: number, { instead = '', before }: Edit): string {
  const line = /^ *(?![ #\n]).+/gm;
  line.lastIndex = from;
  const found = line.exec(source);
  if (found === null) throw new Error('This marker has no line behind it.');
  const text = before === undefined ? instead : `${before}\n${found[0]}`;
  return apply(source, { from: found.index, to: line.lastIndex, text });
}

function editNode(file: ts.SourceFile, from: number, { instead, before }: Edit): string {
  const { text: source } = file;
  const node = markedNode(file, from);
  const [start, end] = [node.getStart(), node.end];
  if (before !== undefined) return apply(source, { from: start, to: start, text: `${before}\n` });
  if (instead !== undefined) return apply(source, { from: start, to: end, text: instead });
  return apply(source, dropping(node));
}

/** @returns the outermost that begins behind a place, and can be taken away as a whole. */
function markedNode(file: ts.SourceFile, from: number): ts.Node {
  const search = (node: ts.Node): ts.Node | undefined => {
    if (node.end <= from) return undefined;
    if (node.pos <= from && node.getStart() > from && isWhole(node)) return node;
    return ts.forEachChild(node, search);
  };
  const found = search(file);
  if (found === undefined) throw new Error('This marker marks nothing that can be taken away.');
  return found;
}

function isWhole(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isStatement(node) || isListed(node) || (isChain(parent) && !isChain(node));
}

/** Whether it is one of those between commas, in an object or a list. */
function isListed({ parent }: ts.Node): boolean {
  return ts.isObjectLiteralExpression(parent) || ts.isArrayLiteralExpression(parent);
}

function isChain(node: ts.Node): node is ts.BinaryExpression {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken;
}

function dropping(node: ts.Node): Change {
  const { parent } = node;
  if (isChain(parent)) {
    const other = node === parent.left ? parent.right : parent.left;
    return { from: parent.getStart(), to: parent.end, text: other.getText() };
  }
  if (!isListed(node)) return { from: node.getStart(), to: node.end, text: ';' };
  const comma = /^\s*,/.exec(node.getSourceFile().text.slice(node.end));
  return { from: node.getStart(), to: node.end + (comma?.[0].length ?? 0), text: '' };
}
