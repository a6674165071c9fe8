import { closed, Type, words } from '../../base/schema.ts'
import { configurationPath, memberPath, pathPattern, source, trusted } from './facts.ts'

/** How an agent keeps its plugins: where they lie, and who says which of them are installed and on. */

/** What the stars of a pattern stand for, by their number: `$2@$1`. */
const pluginId = Type.String({ pattern: '^[A-Za-z0-9$@._-]{1,64}$' })
const nameInFolder = Type.String({ pattern: '^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$', maxLength: 64 })
/**
 * A folder for each plugin, and how its settings call it. What `mcp` and `files` say of that folder holds for plugins that
 * are installed.
 */
export const plugin = closed({
  path: Type.String({ pattern: '^~/[^\\u0000\\\\]{1,510}$' }),
  id: pluginId,
  /** The state of a plugin that no switch names. Absent: not known. */
  onByDefault: Type.Optional(Type.Boolean()),
  /** The last star is a version, of which the newest counts. */
  versions: Type.Optional(Type.Boolean()),
  /** It counts only where a record names its folder. */
  recorded: Type.Optional(Type.Boolean()),
  /** A folder without this file is no plugin. */
  manifest: Type.Optional(nameInFolder),
  /** A file in it that may say where the plugin really lies, with `type` and `source`. */
  link: Type.Optional(nameInFolder),
  source,
})
/**
 * Where plugins are switched on and off, the strongest first: `map`, by id to true; `entries`, by id to an object with
 * `enabled`, on where it has none; `members`, likewise, but without it nothing is said; `list`, of objects with `enabled` and `cache_path`; `overrides`, by id to rules for folders, the last that fits
 * wins; `file`, one for each plugin, whose id the star stands for.
 */
export const pluginSwitch = closed({
  path: configurationPath,
  key: memberPath,
  form: words('map', 'entries', 'members', 'list', 'overrides', 'file'),
  trusted,
  source,
})
/**
 * Where MCP servers are switched on and off by name, the strongest first: at `key` are objects, of which one with `enabled` says
 * so. `$plugin` in `key` stands for the id of the plugin that brings them along; without it those that a person's own file
 * among these tells of are meant.
 */
export const serverSwitch = closed({ path: configurationPath, key: memberPath, trusted, source })
/**
 * Who says no to MCP servers by name, wherever they are configured: at `key` a list of those that are `off`, or of the `only` ones
 * that are on, by name or as `serverName`, or a map: of those off its members in which `enabled` is false, of the only ones all. A dot in `key` stands for the folder whose servers are meant, a file of a project
 * speaks of its own.
 */
export const serverRefusal = closed({
  path: configurationPath,
  key: memberPath,
  says: words('off', 'only'),
  /** `Docs` and `docs` are one name there. */
  anyCase: Type.Optional(Type.Boolean()),
  source,
})
/** Where it writes down which plugins are installed: by id or in a list, with the folder of each at `folder`. */
export const pluginRecord = closed({
  path: pathPattern,
  key: memberPath,
  folder: Type.String({ pattern: '^[A-Za-z_]{1,32}$' }),
  source,
})

/**
 * Marketplaces it knows, by name, with the folder of each at `folder`: there one of `manifests` lists what it offers. What a
 * marketplace offers whose `source` says `directory` is run from where it lies.
 */
export const pluginMarket = closed({
  path: pathPattern,
  key: memberPath,
  folder: memberPath,
  manifests: Type.Array(nameInFolder, { minItems: 1, maxItems: 4 }),
  source,
})
