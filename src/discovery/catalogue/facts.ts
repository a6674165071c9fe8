import { closed, Type, text, words } from '../../base/schema.ts'

/** The kinds of facts in an entry of the catalogue. Each names its source, unless that is the first source of the entry. */

export const id = Type.String({ pattern: '^[a-z0-9][a-z0-9.:-]{0,63}$' })
export const name = Type.String({ minLength: 1, maxLength: 128 })
export const date = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
/** A name in `sources`; absent where the first source of the entry is meant. */
export const source = Type.Optional(id)

/** A path of whole segments: `*` within one, `**` across them, `~/` for any home of the device. */
export const pathPattern = Type.String({ pattern: '^(~/|/|\\*\\*/)[^\\u0000\\\\]{1,510}$' })
/**
 * A file of a person (`~/`), of the machine (`/`) or of a project (`./`); `*` within one segment. `~/{vscode}/` is where each
 * editor of the VS Code family keeps its data, `~/{vscode:ENTRY}/` those that are this entry of the catalogue.
 */
export const configurationPath = Type.String({ pattern: '^(~/|/|\\./)[^\\u0000\\\\]{1,510}$' })
/** As Windows spells it: a folder that the system names, or a drive; `*` within one segment, `**\` across them. */
export const windowsPath = Type.String({
  pattern:
    '^(%(APPDATA|LOCALAPPDATA|USERPROFILE|ProgramData|ProgramFiles)%\\\\|[A-Z]:\\\\|\\*\\*\\\\)[^\\u0000/]{1,500}$',
})
/** Names of members, one inside the other; `*` stands for every member, `\*` for the one that is called so. */
export const memberPath = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 6 })
/** The name of an environment variable. */
export const variable = Type.String({ pattern: '^[A-Z][A-Z0-9_]{1,63}$' })

/**
 * What a flag says about the agent's independence: `autonomy` acts without asking, `asks` asks whatever its settings say,
 * `noted` does not decide (it only makes another mode available, or edits without asking but runs nothing),
 * `unattended` runs without a person at the terminal, `server` listens for others, `sandbox-off` loosens its confinement,
 * `mcp-servers` adds servers that no configuration names. `by-value` depends on the value, which is not read: for a value that no other
 * fact of the flag lists, only the flag is reported.
 */
const meaning = words('autonomy', 'asks', 'noted', 'by-value', 'unattended', 'server', 'sandbox-off', 'mcp-servers')
export const scope = words('user', 'project', 'managed', 'plugin')

export const flag = closed({
  flag: Type.String({ pattern: '^(-{1,2}[a-zA-Z0-9][a-zA-Z0-9-_]*|[a-z][a-z-]*)$', maxLength: 48 }),
  /** For a flag that sets settings (`-c approval_policy=never`): the setting that this fact is about. */
  setting: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_.-]{0,31}$' })),
  /** The values that are reported. With any other value the flag is not reported either. */
  values: Type.Optional(Type.Array(Type.String({ pattern: '^[a-zA-Z0-9_-]{1,24}$' }), { minItems: 1, maxItems: 16 })),
  meaning,
  source,
})

/**
 * What reads its command line, where that takes more spellings than the one in its help: yargs has `--approvalMode` for
 * `--approval-mode`, `-yp` for `-y -p`, and `--yolo false` for one that is off; argparse of Python has `--yes-al` for `--yes-always`.
 */
export const argumentParser = closed({ is: words('yargs', 'argparse'), source })

/** A flag whose value is a folder: the one it works in instead of where it was started, or one more that it may use. */
export const folderFlag = closed({
  flag: Type.String({ pattern: '^-{1,2}[a-zA-Z0-9][a-zA-Z0-9-_]*$', maxLength: 48 }),
  means: words('works-in', 'adds'),
  source,
})

export const command = closed({
  name: Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$' }),
  /** Other programs have the name too: it counts only with support (an environment marker, an installation). */
  shared: Type.Optional(Type.Boolean()),
  /** What it is: a file for an interpreter, or a program of its own; either when absent. */
  form: Type.Optional(words('script', 'executable')),
  source,
})

export const path = closed({ path: pathPattern, source })
export const windowsFile = closed({ path: windowsPath, source })
export const named = closed({ name, source })
export const title = closed({ title: name, source })

export const npmPackage = closed({
  name: Type.String({ pattern: '^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$', maxLength: 128 }),
  /** Files of the package that are started, from its `bin`. */
  scripts: Type.Optional(Type.Array(Type.String({ pattern: '^[^/.~][^\\u0000]*$' }), { maxItems: 8 })),
  source,
})
export const pypiPackage = closed({
  name: Type.String({ pattern: '^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$', maxLength: 128 }),
  source,
})
export const brewPackage = closed({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9@._-]*$', maxLength: 128 }),
  /** An application and not a command. */
  cask: Type.Optional(Type.Boolean()),
  source,
})

const trust = Type.String({ pattern: '^[a-z_-]{1,32}$' })
/**
 * Settings of a project count if this file has `is` at `key`, and do not count if it has `isNot`. A dot in `key` means the folder of
 * the project; if the file does not mention it, the repository that the project is in.
 */
export const trusted = Type.Optional(
  closed({ path: pathPattern, key: memberPath, is: trust, isNot: Type.Optional(trust) }),
)

/** A file that configures MCP servers: a map or list of servers, or one server, is at `key`. An empty `key` means the whole file. */
export const mcp = closed({
  path: configurationPath,
  key: memberPath,
  scope,
  /** The file belongs to another agent, and this one reads it too. */
  shared: Type.Optional(Type.Boolean()),
  /** Files that say which servers are on: at `key` is a list of objects with `name` and `enabled`. */
  states: Type.Optional(closed({ path: pathPattern, key: memberPath })),
  /**
   * Where the user's approval of a project's servers is kept: lists of names that are `on` or `off`, or a switch for `all`. A dot
   * in `key` means the project's folder.
   */
  approvals: Type.Optional(
    Type.Array(closed({ path: configurationPath, key: memberPath, says: words('on', 'off', 'all') }), { maxItems: 16 }),
  ),
  /** Servers of a project are on if the project is trusted, and off if it is not. */
  trusted,
  /** Servers of a project are on without approval: the agent starts them, or it wrote the file itself. */
  unasked: Type.Optional(Type.Boolean()),
  /** The file has only names. These lists of Docker's define the servers; the first that has a name counts. */
  definedIn: Type.Optional(closed({ path: Type.String({ pattern: '^~/[^\\u0000\\\\]{1,510}\\.yaml$' }) })),
  source,
})
/**
 * Where it remembers the folders that people opened with it: the names or the values at `key`, which may be URIs or workspace files.
 * `column` is for an SQLite database: `key` is then the table, the column with one folder a line, and a column that is empty for
 * folders on this machine.
 */
export const workspaces = closed({
  path: pathPattern,
  key: memberPath,
  take: words('names', 'values', 'uri', 'workspace-file', 'column'),
  source,
})

/** The value at a `memberPath`: a word or a switch. Other values are not reported. */
const settingValue = Type.Union([Type.String({ pattern: '^[a-zA-Z0-9_-]{1,32}$' }), Type.Boolean()])
const settingValues = Type.Optional(Type.Array(settingValue, { minItems: 1, maxItems: 8 }))

/** A setting that decides whether the agent asks before it acts. A value that is not listed decides nothing. */
export const setting = closed({
  path: configurationPath,
  key: memberPath,
  /** With these it acts without asking. */
  autonomous: settingValues,
  /** With these it asks. */
  asks: settingValues,
  /** Reported, but does not decide: a sandbox switched off, a warning that was dismissed. */
  noted: settingValues,
  /** A project's setting counts only if the project is trusted. */
  trusted,
  /** Files in the folders above a project count too, up to the repository that it is in. */
  upwards: Type.Optional(Type.Boolean()),
  source,
})

/** The maker's default. */
export const byDefault = closed({ is: Type.Boolean(), source })

export const fileKind = words('instructions', 'skill', 'plugin', 'hook', 'command', 'subagent', 'policy')
/**
 * Files that tell it what to do or what to run; `key` names the member of a file that is also for other things. A `plugin`
 * with `key` is a list of packages and files, of which the packages are fetched into the folder `packages`; a `skill` with `key`
 * names folders of skills.
 */
export const file = closed({
  path: configurationPath,
  kind: fileKind,
  scope,
  key: Type.Optional(memberPath),
  packages: Type.Optional(Type.String({ pattern: '^~/[^\\u0000\\\\*]{1,510}$' })),
  source,
})

/** Where it stores who is signed in: a name at `key`, or a claim of the token there. */
export const account = closed({
  path: pathPattern,
  key: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 4 }),
  /** The claim of a JSON web token that is the name. The token itself is never reported. */
  claim: Type.Optional(words('email', 'preferred_username', 'name', 'sub')),
  provider: Type.Optional(id),
  source,
})

/**
 * A file with the pid of a running process of it, at `key`. An empty `key` means that the whole file is the number. At `start` is the
 * start time of that process in ticks since boot; without that the pid proves nothing.
 */
export const pidFile = closed({ path: pathPattern, key: memberPath, start: Type.Optional(memberPath), source })
/** What distinguishes a helper process from the agent itself: an argument, or the script that is run. */
export const helper = closed({
  argument: Type.Optional(Type.String({ pattern: '^(--)?[a-z][a-z-]{2,47}$' })),
  script: Type.Optional(pathPattern),
  source,
})

/** A full host name. Other hosts of the same domain may serve something else. */
export const modelHost = closed({
  host: Type.String({ pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$', maxLength: 253 }),
  source,
})
/** A variable it sets for its children; `session` where the value names the session, and is no secret. */
export const marker = closed({ name: variable, session: Type.Optional(Type.Boolean()), source })
export const variableFact = closed({ name: variable, source })
/** A variable that moves its folder. `movesSettings`: the files of `settings` then no longer count. */
export const homeVariable = closed({ name: variable, movesSettings: Type.Optional(Type.Boolean()), source })
/**
 * A variable that changes how it acts. Its value is never read; `meaning` is what its presence means: `autonomy` acts without
 * asking, `by-value` depends on the value, `noted` does not decide.
 */
export const variableSwitch = closed({ name: variable, meaning: words('autonomy', 'by-value', 'noted'), source })
/** What it calls itself in the variable `AI_AGENT` or `AGENT` of its children: the value, or how the value begins. */
export const announcement = closed({ value: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,31}$' }), source })

/**
 * Where it keeps models: each file or folder that fits is one. `plain` names a model by what the stars match; `tagged` by
 * registry, namespace, model and tag, as Ollama does; `dashed` by what the last star matches, with `--` between maker and model.
 */
export const modelStore = closed({
  path: Type.String({ pattern: '^~/[^\\u0000\\\\]{1,510}$' }),
  holds: words('files', 'folders'),
  naming: words('plain', 'tagged', 'dashed'),
  /** Other programs keep models there too: it counts only if the program is installed. */
  shared: Type.Optional(Type.Boolean()),
  /** The files are manifests of Ollama. The weights that they name by hash are in this folder. */
  blobs: Type.Optional(Type.String({ pattern: '^~/[^\\u0000\\\\*]{1,510}$' })),
  source,
})
/** How the command line names the model: the value of this flag, or the word after this first word. */
export const modelArgument = closed({
  flag: Type.String({ pattern: '^(-{1,2}[a-zA-Z0-9][a-zA-Z0-9-_]*|[a-z][a-z-]*)$', maxLength: 48 }),
  source,
})

/** Its default port on the loopback address. */
export const port = closed({ port: Type.Integer({ minimum: 1, maximum: 65_535 }), source })
/** What starts it again: the name of a unit, an agent of launchd, a task. */
export const service = closed({
  name: Type.String({ pattern: '^[^\\u0000/\\\\]{1,128}$' }),
  manager: words('systemd', 'systemd-user', 'launchd', 'scheduled-task'),
  source,
})
export const messagingHost = closed({
  name: Type.String({ pattern: '^[a-z0-9_]+(\\.[a-z0-9_]+)+$', maxLength: 128 }),
  source,
})

export const chromiumExtension = closed({
  id: Type.String({ pattern: '^[a-p]{32}$' }),
  note: Type.Optional(text(64)),
  source,
})
export const firefoxExtension = closed({
  id: Type.String({
    pattern: '^(\\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\}|[A-Za-z0-9._-]*@[A-Za-z0-9._-]+)$',
    maxLength: 80,
  }),
  source,
})
/** An id that the store assigned. It has no underscores: anybody can build an extension as `undefined_publisher.NAME`. */
export const vscodeExtension = closed({
  id: Type.String({ pattern: '^[a-z0-9-]+\\.[a-z0-9-]+$', maxLength: 128 }),
  source,
})
export const jetbrainsPlugin = closed({
  id: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9._-]+$', maxLength: 128 }),
  source,
})
/** The name of its folder. */
export const vimPlugin = closed({
  id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]+$', maxLength: 128 }),
  source,
})

/** An application in a menu: the name of its `.desktop` file without that ending. */
export const desktopEntry = closed({
  name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{2,127}$' }),
  source,
})
export const flatpak = closed({
  id: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_-]*(\\.[A-Za-z_][A-Za-z0-9_-]*){2,}$', maxLength: 155 }),
  source,
})
export const snap = closed({ name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,39}$' }), source })
/** The beginning of its AppImage's file name, in any case. No letter may follow. */
export const appImage = closed({ name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]{2,63}$' }), source })
