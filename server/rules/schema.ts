/**
 * The form of a rules file, as a schema that checks it and that docs/rules.schema.json is made of.
 * What a schema cannot say (groups that exist, globs that can be read) parse.ts checks.
 */
import { z } from 'zod';
import { accesses } from '../services.js';

const groupName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const globs = z.array(z.string().min(1)).min(1, 'must name at least one');

const subject = z
  .string()
  .regex(
    /^(anyone|signed-in|user:.+|group:[A-Za-z0-9][A-Za-z0-9._-]*)$/,
    'must be anyone, signed-in, user:NAME or group:NAME',
  )
  .describe(
    'user:NAME, group:NAME, signed-in (everybody with valid credentials) or anyone (also without).',
  );

const access = z
  .enum(accesses, { error: 'must be read, write or archive' })
  .describe('read: clone and fetch. write: push. archive: git archive --remote.');

const repositories = globs.describe(
  'Globs of repository paths below the root, with or without .git: * stands for any characters of ' +
    'one segment, ** between slashes for any number of segments.',
);

const except = globs
  .optional()
  .describe('Globs of repositories that this rule does not speak of, in any case of letters.');

const note = z.string().optional().describe('For people: not read by the server.');

const rule = z.strictObject({
  note,
  repositories,
  except,
  who: z.array(subject).min(1, 'must name at least one').describe('Whom the rule gives access.'),
  allow: z.array(access).min(1, 'must name at least one').describe('What it allows.'),
});

const subjects = z.array(subject);

const refRule = z.strictObject({
  note,
  repositories,
  except: globs
    .optional()
    .describe('Globs of repositories that this rule does not speak of, spelt exactly so.'),
  refs: globs.describe(
    'Full ref names, for example refs/heads/main or refs/tags/**: * stands for any characters of ' +
      'one component, ** between slashes for any number of components. Case is ignored.',
  ),
  create: subjects.optional().describe('Who may create them. Without it: whoever may write.'),
  update: subjects.optional().describe('Who may update them. Without it: whoever may write.'),
  delete: subjects.optional().describe('Who may delete them. Without it: nobody.'),
  force: subjects
    .optional()
    .describe('Who of those may update them otherwise than by fast-forward. Without it: nobody.'),
});

/** A rules file. */
export const rulesFile = z.strictObject({
  $schema: z.string().optional().describe('Where this schema is, for editors.'),
  version: z.literal(1, { error: 'must be 1' }),
  groups: z
    .record(z.string().regex(groupName), z.array(z.string().min(1)), {
      error: (issue) =>
        issue.code === 'invalid_key' ? 'must be letters, digits, ".", "_" and "-"' : undefined,
    })
    .optional()
    .describe('Groups of users: each has a name and the names of its members.'),
  rules: z
    .array(rule)
    .describe('Each gives access and none takes any away; what no rule gives is denied.'),
  refs: z
    .array(refRule)
    .optional()
    .describe('Protected refs. All rules that match a ref must allow a change of it.'),
});

/** A rules file that has the form. */
export type RulesFile = z.infer<typeof rulesFile>;

/** The schema as JSON Schema (2020-12), published as docs/rules.schema.json. */
export function rulesJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(rulesFile, { io: 'input' });
  return { $schema, title: 'Rules of a gitws server', ...rest };
}
