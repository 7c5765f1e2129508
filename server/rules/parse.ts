/**
 * From the text of a rules file to rules that can decide. Everything that can be wrong is found
 * here, at start or at reload, and named by its place: `rules[2].who[0]`.
 */
import { refGlobFault } from '../hooks/ref-rules.js';
import { faultsOf, parseJson } from '../files/json-file.js';
import { quoteForLog } from '../text/log-text.js';
import { canonicalRepository, compileGlobs, globFault } from './glob.js';
import { rulesFile, type RulesFile } from './schema.js';
import type { Grant, Matcher, Protection, Rules, Subject } from './types.js';

/**
 * @param text of the file: JSON of the form that docs/rules.schema.json describes.
 * @param path of the file, for the sentence of an error.
 * @throws GitWsError INVALID_OPTION; `data.faults` has one entry for each fault.
 */
export function parseRules(text: string, path: string): Rules {
  const file = parseJson(text, path, rulesFile);
  const faults = findFaults(file);
  if (faults.length > 0) throw faultsOf(path, faults);
  return {
    grants: file.rules.map(compileGrant),
    protections: (file.refs ?? []).map(compileProtection),
    groups: new Map(
      Object.entries(file.groups ?? {}).map(([name, members]) => [name, new Set(members)]),
    ),
  };
}

function compileGrant(rule: RulesFile['rules'][number], index: number): Grant {
  return {
    rule: `rules[${index}]`,
    matches: compileRepositories(rule, true),
    who: rule.who.map(parseSubject),
    allow: new Set(rule.allow),
  };
}

interface Repositories {
  readonly repositories: readonly string[];
  readonly except?: readonly string[] | undefined;
}

type RefRule = NonNullable<RulesFile['refs']>[number];

function compileProtection(rule: RefRule, index: number): Protection {
  const may = (who: readonly string[] | undefined): readonly Subject[] | undefined =>
    who?.map(parseSubject);
  return {
    rule: `refs[${index}]`,
    // What is protected is so under each spelling of its name; what is excepted, only under its own.
    matches: compileRepositories(rule, false),
    refs: rule.refs,
    may: {
      create: may(rule.create),
      update: may(rule.update),
      delete: may(rule.delete ?? []),
      force: may(rule.force ?? []),
    },
  };
}

/** @param gives whether the rule gives something: then `except` is what must not be missed. */
function compileRepositories(rule: Repositories, gives: boolean): Matcher {
  const included = compileGlobs(rule.repositories.map(canonicalRepository), gives);
  const excluded = compileGlobs((rule.except ?? []).map(canonicalRepository), !gives);
  return (repository) => included(repository) && !excluded(repository);
}

function parseSubject(text: string): Subject {
  const colon = text.indexOf(':');
  if (colon === -1) return { kind: text === 'anyone' ? 'anyone' : 'signed-in' };
  return { kind: text.startsWith('user:') ? 'user' : 'group', name: text.slice(colon + 1) };
}

function findFaults(file: RulesFile): string[] {
  const { rules, refs = [], groups = {} } = file;
  return [
    ...rules.flatMap((rule, index) => [
      ...repositoryFaults(rule, `rules[${index}]`),
      ...subjectFaults(rule.who, `rules[${index}].who`, groups),
      ...strangerFaults(rule, `rules[${index}].allow`),
    ]),
    ...refs.flatMap((rule, index) => [
      ...repositoryFaults(rule, `refs[${index}]`),
      ...refFaults(rule, `refs[${index}].refs`),
      ...(['create', 'update', 'delete', 'force'] as const).flatMap((change) =>
        subjectFaults(rule[change] ?? [], `refs[${index}].${change}`, groups),
      ),
    ]),
  ];
}

function repositoryFaults(rule: Repositories, place: string): string[] {
  const faultsIn = (patterns: readonly string[], field: string): string[] =>
    patterns.flatMap((pattern, index) => {
      const fault = globFault(pattern);
      const at = `${place}.${field}[${index}]`;
      return fault === undefined ? [] : [`${at}: the glob ${quoteForLog(pattern)} ${fault}`];
    });
  return [...faultsIn(rule.repositories, 'repositories'), ...faultsIn(rule.except ?? [], 'except')];
}

function subjectFaults(
  who: readonly string[],
  place: string,
  groups: Readonly<Record<string, unknown>>,
): string[] {
  return who.flatMap((text, index) => {
    const subject = parseSubject(text);
    const known = subject.kind !== 'group' || Object.hasOwn(groups, subject.name);
    return known ? [] : [`${place}[${index}]: there is no group ${quoteForLog(text.slice(6))}`];
  });
}

/** A server that strangers may write to is soon full of other people's files. */
function strangerFaults(rule: RulesFile['rules'][number], place: string): string[] {
  const open = rule.allow.includes('write') && rule.who.includes('anyone');
  return open ? [`${place}: write cannot be given to anyone, only to signed-in or to names`] : [];
}

function refFaults(rule: RefRule, place: string): string[] {
  return rule.refs.flatMap((glob, index) => {
    const fault = refGlobFault(glob);
    return fault === undefined
      ? []
      : [`${place}[${index}]: the glob ${quoteForLog(glob)} ${fault}`];
  });
}
