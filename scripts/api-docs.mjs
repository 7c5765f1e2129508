/**
 * The reference of the public API, docs/api/: what TypeDoc makes of the docstrings, a page for each
 * entry point. `npm run docs`; test/package/api-docs.test.ts makes it again and compares.
 */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  Application,
  Comment,
  Converter,
  IntrinsicType,
  LiteralType,
  Logger,
  LogLevel,
  Reflection,
  ReflectionKind,
  UnionType,
} from 'typedoc';
import { MarkdownPageEvent } from 'typedoc-plugin-markdown';
import ts from 'typescript';
import { entryPoints, index, nameOf, pageOf } from './api-entry-points.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the reference is. */
export const referenceFolder = join(root, 'docs/api');

/** What public types are made of and nobody needs to name: mapped types, and what they map. */
const unnamed = [
  ...['Commands', 'own', 'Git', 'Walkers', 'OffThread', 'WithoutInWorker', 'Own'],
  'ErrorArguments',
];

const groups = ['Functions', 'Variables', 'Classes', 'Interfaces', 'Type Aliases'];

/**
 * @typedef {object} Reference
 * @property {import('typedoc').ProjectReflection} project what TypeDoc has read, a module for each entry point.
 * @property {ReadonlyMap<string, readonly string[]>} names what each entry point exports, by the
 *   compiler's word: without what comes from other packages.
 */

/** Warnings are failures: a link that leads nowhere, a type that a reader cannot look up. */
class StrictLogger extends Logger {
  /** @type {string[]} */
  faults = [];

  /**
   * @override
   * @param {string} message
   * @param {LogLevel} level
   */
  log(message, level) {
    if (level >= LogLevel.Warn) this.faults.push(message);
  }

  check() {
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'));
  }
}

/**
 * Makes the reference.
 *
 * @param {string} out the folder; what is in it is removed.
 * @returns {Promise<Reference>}
 */
export async function makeReference(out) {
  const app = await Application.bootstrapWithPlugins(settings(out));
  const logger = new StrictLogger();
  app.logger = logger;
  /** @type {Map<import('typedoc').DeclarationReflection, import('typedoc').SomeType>} */
  const unions = new Map();
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    const type = unionOf(context, reflection);
    if (type !== undefined) unions.set(reflection, type);
  });
  const project = await app.convert();
  logger.check();
  if (project === undefined) throw new Error('TypeDoc has read nothing');
  const names = exportedNames(app);
  for (const [reflection, type] of unions) reflection.type = type;
  simplify(project);
  app.validate(project);
  addContents(app, project, names);
  await app.generateOutputs(project);
  logger.check();
  return { project, names };
}

/**
 * @param {string} out
 * @returns {Partial<import('typedoc').TypeDocOptions> & import('typedoc-plugin-markdown').PluginOptions}
 */
function settings(out) {
  const tables = [
    ...['interfacePropertiesFormat', 'classPropertiesFormat', 'typeAliasPropertiesFormat'],
    ...['typeDeclarationFormat', 'parametersFormat', 'propertyMembersFormat'],
  ];
  return {
    tsconfig: join(root, 'scripts/tsconfig.declarations.json'),
    entryPoints: entryPoints.map(({ source }) => join(root, source)),
    basePath: root,
    plugin: ['typedoc-plugin-markdown'],
    readme: 'none',
    logLevel: 'Warn',
    // `npm run typecheck` has its own time.
    skipErrorChecking: true,
    excludeExternals: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeReferences: true,
    // Lines of files would change with every commit.
    disableSources: true,
    sort: ['source-order'],
    groupOrder: groups,
    validation: { notExported: true, invalidLink: true, notDocumented: false },
    intentionallyNotExported: unnamed,
    outputs: [{ name: 'markdown', path: out }],
    ...Object.fromEntries(tables.map((name) => [name, 'table'])),
    ...{ router: 'module', hideBreadcrumbs: true, hidePageHeader: true, hideGroupHeadings: true },
    useCodeBlocks: true,
    ...{ expandObjects: true, expandParameters: true },
    tableColumnSettings: { hideModifiers: true, hideInherited: true, hideDefaults: true },
    pageTitleTemplates: { module: (/** @type {{ name: string }} */ { name }) => nameOf(name) },
  };
}

/**
 * @param {import('typedoc').Context} context
 * @param {import('typedoc').DeclarationReflection} reflection
 * @returns {import('typedoc').SomeType | undefined} the words of a type that is made of a list in the code.
 */
function unionOf(context, reflection) {
  if (!reflection.kindOf(ReflectionKind.TypeAlias)) return undefined;
  const symbol = context.getSymbolFromReflection(reflection);
  const declaration = symbol?.declarations?.find((one) => ts.isTypeAliasDeclaration(one));
  if (symbol === undefined || !/\btypeof /.test(declaration?.type.getText() ?? ''))
    return undefined;
  const type = context.checker.getDeclaredTypeOfSymbol(symbol);
  if (!type.isUnion() || !type.types.every((one) => one.isStringLiteral())) return undefined;
  return new UnionType(type.types.map(({ value }) => new LiteralType(String(value))));
}

/**
 * @param {Application} app
 * @returns {ReadonlyMap<string, readonly string[]>}
 */
function exportedNames(app) {
  const read = app.getEntryPoints() ?? [];
  return new Map(
    entryPoints.map(({ name, source }) => {
      const entry = read.find(({ sourceFile }) => sourceFile.fileName === join(root, source));
      if (entry === undefined) throw new Error(`${source} was not read`);
      const checker = entry.program.getTypeChecker();
      const symbol = checker.getSymbolAtLocation(entry.sourceFile);
      const all = symbol === undefined ? [] : checker.getExportsOfModule(symbol);
      const own = all.filter((one) => !isExternal(checker, one));
      return [name, own.map((one) => one.name).sort()];
    }),
  );
}

/**
 * @param {ts.TypeChecker} checker
 * @param {ts.Symbol} symbol
 */
function isExternal(checker, symbol) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const files = (target.declarations ?? []).map((one) => one.getSourceFile().fileName);
  return files.length > 0 && files.every((path) => path.includes('/node_modules/'));
}

/**
 * Gives modules their pages' names, and takes away what says nothing to a reader.
 *
 * @param {import('typedoc').ProjectReflection} project
 */
function simplify(project) {
  for (const module of project.children ?? []) {
    const entry = entryPoints.find(
      ({ source }) => module.name === source.replace(/(\/index)?\.ts$/, ''),
    );
    if (entry === undefined) throw new Error(`no entry point has the module ${module.name}`);
    module.name = pageOf(entry.name);
  }
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.isDeclaration() && isRepeated(reflection)) project.removeReflection(reflection);
    if (reflection.isParameter()) nameForeignOptions(reflection);
  }
  for (const reflection of Object.values(project.reflections)) {
    if (!reflection.isContainer()) continue;
    if (reflection.groups === undefined) continue;
    for (const group of reflection.groups) {
      group.children = group.children.filter((one) => project.reflections[one.id] === one);
      if (!reflection.kindOf(ReflectionKind.Module)) continue;
      group.children.sort((a, b) => (a.name < b.name ? -1 : 1));
    }
    reflection.groups = reflection.groups.filter(({ children }) => children.length > 0);
  }
}

/**
 * @param {import('typedoc').DeclarationReflection} reflection
 * @returns {boolean} whether it is a command of gitws/git once more, or a constructor of something else.
 */
function isRepeated(reflection) {
  const { inheritedFrom } = reflection;
  if (inheritedFrom === undefined) return false;
  return (
    inheritedFrom.name.startsWith('WorkerCommands.') ||
    reflection.kindOf(ReflectionKind.Constructor)
  );
}

/**
 * What is left of an isomorphic-git command's options without isomorphic-git's own is nothing.
 *
 * @param {import('typedoc').ParameterReflection} parameter
 */
function nameForeignOptions(parameter) {
  const { type } = parameter;
  if (type?.type !== 'reflection') return;
  const { children = [], signatures = [], indexSignatures = [] } = type.declaration;
  if (children.length + signatures.length + indexSignatures.length > 0) return;
  parameter.type = new IntrinsicType('object');
  parameter.comment ??= new Comment([{ kind: 'text', text: 'as isomorphic-git’s has it.' }]);
}

/**
 * Has each page begin with what is on it, and the index name the pages.
 *
 * @param {Application} app
 * @param {import('typedoc').ProjectReflection} project
 * @param {ReadonlyMap<string, readonly string[]>} names
 */
function addContents(app, project, names) {
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    const { model } = page;
    if (!(model instanceof Reflection)) return;
    if (model.isProject()) page.contents = index();
    else if (model.isDeclaration()) page.contents = withContents(page.contents ?? '', model);
  });

  /**
   * @param {import('typedoc').DeclarationReflection} target
   * @param {import('typedoc').DeclarationReflection} module of the page with the link.
   */
  function linkTo(target, module) {
    const url = app.renderer.router?.getFullUrl(target) ?? '';
    const [page, anchor] = url.split('#');
    return `[\`${target.name}\`](${page === `${module.name}.md` ? '' : page}#${anchor})`;
  }

  /**
   * @param {string} text
   * @param {import('typedoc').DeclarationReflection} module
   */
  function withContents(text, module) {
    const entry = entryPoints.find(({ name }) => pageOf(name) === module.name);
    const here = module.children ?? [];
    const lines = groups.flatMap((title) => {
      const members = here.filter((one) => ReflectionKind.pluralString(one.kind) === title);
      return list(headings[title] ?? title, members, module);
    });
    const others = (names.get(nameOf(module.name)) ?? []).filter(
      (name) => !here.some((one) => one.name === name),
    );
    const elsewhere = (project.children ?? []).flatMap(({ children = [] }) => children);
    const passedOn = others.flatMap((name) => elsewhere.find((one) => one.name === name) ?? []);
    lines.push(...list('From other pages', passedOn, module));
    const [title = '', ...rest] = text.split(/\n(?=## )/);
    return tidy([title.trim(), entry?.says, lines.join('\n'), rest.join('\n')].join('\n\n'));
  }

  /**
   * @param {string} title
   * @param {readonly import('typedoc').DeclarationReflection[]} members
   * @param {import('typedoc').DeclarationReflection} module
   */
  function list(title, members, module) {
    if (members.length === 0) return [];
    const links = members.map((one) => linkTo(one, module));
    return [`- ${title}: ${links.sort().join(', ')}`];
  }
}

/** @type {Readonly<Record<string, string>>} */
const headings = { Variables: 'Values', 'Type Aliases': 'Types' };

/**
 * @param {string} text as the plugin has written it.
 * @returns {string} without lines between parts, spaces at ends of lines, and with links to documents.
 */
function tidy(text) {
  return `${text
    .replace(/^\*\*\*$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/(?<![\w/[])docs\/([a-z-]+\.md)/g, '[docs/$1](../$1)')
    .trim()}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await makeReference(referenceFolder);
}
