import { closed, reader, type Static, Type, text, words } from '../../base/schema.ts'

/** The catalogue: what is known about agents, as data. Every fact names where it was learnt. */

const id = Type.String({ pattern: '^[a-z0-9][a-z0-9.:-]{0,63}$' })
const name = Type.String({ minLength: 1, maxLength: 128 })
const date = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
/** A name in `sources`; absent where the first source of the entry is meant. */
const source = Type.Optional(id)

const ENTRY_KINDS = [
  'cli-agent',
  'agent-gateway',
  'agent-framework',
  'acp-adapter',
  'orchestrator',
  'workflow-agent',
  'desktop-app',
  'ide',
  'ide-extension',
  'editor-backend',
  'browser',
  'browser-agent',
  'browser-extension',
  'browser-agent-extension',
  'llm-proxy',
  'mcp-server',
  'mcp-client',
  'model-runtime',
] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

/** A path of whole segments: `*` within one, `**` across them, `~/` for any home of the device. */
const pathPattern = Type.String({ pattern: '^(~/|/|\\*\\*/)[^\\u0000]{1,510}$' })

/** A file of a person (`~/`), of the machine (`/`) or of a project (`./`); `*` within one segment. */
const configurationPath = Type.String({ pattern: '^(~/|/|\\./)[^\\u0000]{1,510}$' })
/** Names of members, one inside the other; `*` stands for every member. */
const memberPath = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 4 })

/**
 * What a flag says about the agent's independence: `autonomy` acts without asking, `unattended` runs without a person at
 * the terminal, `server` listens for others, `sandbox-off` loosens its confinement.
 */
const flag = closed({
  flag: Type.String({ pattern: '^(-{1,2}[a-zA-Z0-9][a-zA-Z0-9-_]*|[a-z][a-z-]*)$', maxLength: 48 }),
  /** Values that are themselves worth saying; of any other value nothing is said, not even the flag. */
  values: Type.Optional(Type.Array(Type.String({ pattern: '^[a-zA-Z0-9_-]{1,24}$' }), { minItems: 1, maxItems: 16 })),
  meaning: words('autonomy', 'unattended', 'server', 'sandbox-off'),
  source,
})

/** What stands at the end of a `memberPath`: a word or a switch. Of others nothing is said. */
const settingValue = Type.Union([Type.String({ pattern: '^[a-zA-Z0-9_-]{1,32}$' }), Type.Boolean()])

/** A setting that says whether the agent asks before it acts. A value that is not listed says nothing. */
const setting = closed({
  path: configurationPath,
  key: memberPath,
  /** With these it acts without asking. */
  autonomous: Type.Optional(Type.Array(settingValue, { minItems: 1, maxItems: 8 })),
  /** With these it asks. */
  asks: Type.Optional(Type.Array(settingValue, { minItems: 1, maxItems: 8 })),
  /** Worth telling, though it alone decides nothing: a sandbox switched off, a warning that was waved away. */
  noted: Type.Optional(Type.Array(settingValue, { minItems: 1, maxItems: 8 })),
  source,
})

const command = closed({
  name: Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$' }),
  /** Other programs bear the name too: it counts only with support (an environment marker, an installation). */
  shared: Type.Optional(Type.Boolean()),
  /** What it is: a file for an interpreter, or a program of its own; either when absent. */
  form: Type.Optional(words('script', 'executable')),
  source,
})

const entrySchema = closed({
  id,
  name,
  vendor: name,
  kind: words(...ENTRY_KINDS),
  sources: Type.Array(id, { minItems: 1, maxItems: 8 }),
  aliases: Type.Optional(Type.Array(name, { maxItems: 8 })),
  /** The entry that took its place. */
  successor: Type.Optional(id),
  endOfLife: Type.Optional(date),
  note: Type.Optional(text(500)),
  /** Name under which it is started, in the folders where package managers put commands. */
  commands: Type.Optional(Type.Array(command, { maxItems: 8 })),
  /** Resolved executables (`/proc/PID/exe`). */
  executables: Type.Optional(Type.Array(closed({ path: pathPattern, source }), { maxItems: 16 })),
  /** Files run by node, bun, deno or python. */
  scripts: Type.Optional(Type.Array(closed({ path: pathPattern, source }), { maxItems: 16 })),
  /** `python -m NAME`. */
  modules: Type.Optional(Type.Array(closed({ name, source }), { maxItems: 8 })),
  /** What an interpreter's command line reads after the program has overwritten it. Counts only with support. */
  titles: Type.Optional(Type.Array(closed({ title: name, source }), { maxItems: 8 })),
  npm: Type.Optional(
    Type.Array(
      closed({
        name: Type.String({ pattern: '^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$', maxLength: 128 }),
        /** Files of the package that are started, from its `bin`. */
        scripts: Type.Optional(Type.Array(Type.String({ pattern: '^[^/.~][^\\u0000]*$' }), { maxItems: 8 })),
        source,
      }),
      { maxItems: 8 },
    ),
  ),
  pypi: Type.Optional(
    Type.Array(
      closed({ name: Type.String({ pattern: '^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$', maxLength: 128 }), source }),
      {
        maxItems: 8,
      },
    ),
  ),
  /** Folders that hold one installed version each. */
  versionFolders: Type.Optional(Type.Array(closed({ path: pathPattern, source }), { maxItems: 8 })),
  /** What it leaves in a home. Support for other evidence, never evidence by itself. */
  stateFolders: Type.Optional(Type.Array(closed({ path: pathPattern, source }), { maxItems: 8 })),
  /** Where it is told which MCP servers to use: the map of servers lies at `key`, the whole file when that is empty. */
  mcp: Type.Optional(
    Type.Array(
      closed({
        path: configurationPath,
        key: memberPath,
        scope: words('user', 'project', 'managed', 'plugin'),
        source,
      }),
      { maxItems: 12 },
    ),
  ),
  /** Where it remembers the folders people opened with it: the names or the values at `key`. */
  workspaces: Type.Optional(
    Type.Array(closed({ path: pathPattern, key: memberPath, take: words('names', 'values', 'uri'), source }), {
      maxItems: 4,
    }),
  ),
  /** Files that say whether it asks before it acts: the machine's, the person's, a project's. */
  settings: Type.Optional(Type.Array(setting, { maxItems: 24 })),
  /** Files that name the account it is signed in with, the best first: a name at `key`, or a claim of the token there. */
  accounts: Type.Optional(
    Type.Array(
      closed({
        path: pathPattern,
        key: memberPath,
        /** The claim of a JSON web token that is the name; the token itself goes nowhere. */
        claim: Type.Optional(Type.String({ pattern: '^[a-z_]{1,32}$' })),
        provider: Type.Optional(id),
        source,
      }),
      { maxItems: 4 },
    ),
  ),
  /** Files that change whenever it is used; what lies in its state folders where there are none. */
  activity: Type.Optional(Type.Array(closed({ path: pathPattern, source }), { maxItems: 6 })),
  /** Names of variables it sets for its children; `session` where the value names the session, and is no secret. */
  environment: Type.Optional(
    Type.Array(
      closed({
        name: Type.String({ pattern: '^[A-Z][A-Z0-9_]{1,63}$' }),
        session: Type.Optional(Type.Boolean()),
        source,
      }),
      { maxItems: 12 },
    ),
  ),
  flags: Type.Optional(Type.Array(flag, { maxItems: 24 })),
  /** It acts without asking unless told otherwise; false: it asks. Absent where we do not know. */
  autonomousByDefault: Type.Optional(Type.Boolean()),
  chromium: Type.Optional(
    Type.Array(closed({ id: Type.String({ pattern: '^[a-p]{32}$' }), note: Type.Optional(text(64)), source }), {
      maxItems: 8,
    }),
  ),
  firefox: Type.Optional(
    Type.Array(closed({ id: Type.String({ minLength: 3, maxLength: 255 }), source }), { maxItems: 8 }),
  ),
  vscode: Type.Optional(
    Type.Array(closed({ id: Type.String({ pattern: '^[a-z0-9-]+\\.[a-z0-9-]+$', maxLength: 128 }), source }), {
      maxItems: 8,
    }),
  ),
  jetbrains: Type.Optional(
    Type.Array(closed({ id: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9._-]+$', maxLength: 128 }), source }), {
      maxItems: 12,
    }),
  ),
  /** Plugins of Vim and Neovim, by the name of their folder. */
  vim: Type.Optional(
    Type.Array(closed({ id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]+$', maxLength: 128 }), source }), {
      maxItems: 8,
    }),
  ),
})
export type CatalogueEntry = Static<typeof entrySchema>

export const catalogueSchema = closed({
  schema: Type.Literal('surety/catalogue@1'),
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  asOf: date,
  /** Where facts come from, by short name. */
  sources: Type.Record(id, closed({ title: text(300), date: Type.Optional(date) })),
  entries: Type.Array(entrySchema, { maxItems: 2_000 }),
})
export type Catalogue = Static<typeof catalogueSchema>

/** How much of a catalogue that is not ours we are willing to look at. */
export const CATALOGUE_MAX_BYTES = 4 * 1024 * 1024

/** @throws `CONFIG_INVALID`, naming the first place that does not fit. */
export const catalogueReader = reader(catalogueSchema, {
  name: 'catalogue',
  code: 'CONFIG_INVALID',
  limits: { maxBytes: CATALOGUE_MAX_BYTES, maxDepth: 8 },
})

/** Variables whose values name a session of an agent. */
export function sessionVariables({ entries }: Catalogue): ReadonlySet<string> {
  const facts = entries.flatMap(({ environment }) => environment ?? [])
  return new Set(facts.flatMap(({ name, session }) => (session === true ? [name] : [])))
}
