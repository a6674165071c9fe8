import type { JsonObject } from '../../base/json-object.ts'
import type { Autonomy } from '../../protocol/sighting.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { valuesAt } from '../formats/member-path.ts'
import { boundedText } from '../redaction/bounded-text.ts'

type Setting = NonNullable<CatalogueEntry['settings']>[number]
type Says = 'autonomous' | 'asks' | 'noted' | 'unread'

/** The autonomy that one file sets, or that it is not known. Only values that the catalogue lists are kept. */
export interface SettingFound {
  readonly says: Says
  /** `permissions.defaultMode=bypassPermissions` */
  readonly name: string
  readonly path: string
}

/** Stands in the place of a setting, of which each has a `=`. */
const UNREAD = 'settings that cannot be read'

const MAX_BECAUSE = 16

/** @param settings of the catalogue that speak of the file at `path`. */
export function readSettings(settings: readonly Setting[], path: string, document: JsonObject): SettingFound[] {
  return settings.flatMap((setting) => {
    const values = new Set(valuesAt(document, setting.key))
    return (['autonomous', 'asks', 'noted'] as const).flatMap((says) =>
      (setting[says] ?? [])
        .filter((value) => values.has(value))
        .map((value) => ({
          says,
          name: boundedText(`${setting.key.map(shown).join('.')}=${value}`, 128),
          path: path.slice(0, 4096),
        })),
    )
  })
}

/** Of a file, or a folder of files, that is there and cannot be read: it may say whatever could be said in it. */
export function unreadSettings(settings: readonly Setting[], path: string): SettingFound[] {
  const mayAct = settings.some(({ autonomous }) => autonomous !== undefined)
  return mayAct ? [{ says: 'unread', name: UNREAD, path: path.slice(0, 4096) }] : []
}

export function unreadIn({ because }: Autonomy): Autonomy['because'] {
  return because.filter(({ by, name }) => by === 'configuration' && name === UNREAD)
}

/** If one of these comes from a file that could not be read and may say otherwise, it is not known that the agent asks. */
export function unlessUnread(level: Autonomy['level'], ...said: readonly Autonomy[]): Autonomy['level'] {
  return level === 'asks' && said.some((each) => unreadIn(each).length > 0) ? 'unknown' : level
}

/** A member called `*` as the file has it. */
function shown(name: string): string {
  return name === '\\*' ? '*' : name
}

/**
 * One verdict of all settings: a single one with which it acts without asking outweighs those with which it asks, for the
 * files of which they come may hold at other places. What nothing was set for is the maker's default, also where that is to act and
 * a file could not be read.
 */
export function autonomyOf(
  entry: Pick<CatalogueEntry, 'autonomousByDefault'>,
  found: readonly SettingFound[],
): Autonomy {
  const because = [...new Map(found.map((each) => [`${each.name} ${each.path}`, each])).values()]
    .toSorted((a, b) => RANK[a.says] - RANK[b.says])
    .slice(0, MAX_BECAUSE)
    .map(({ name, path }) => ({ by: 'configuration' as const, name, path }))
  const says = found.map((each) => each.says)
  if (says.includes('autonomous')) return { level: 'autonomous', because }
  const isUnread = says.includes('unread')
  if (says.includes('asks')) return { level: isUnread ? 'unknown' : 'asks', because }
  const byDefault = entry.autonomousByDefault?.is
  if (byDefault === undefined || (isUnread && !byDefault)) return { level: 'unknown', because }
  const level = byDefault ? 'autonomous' : 'asks'
  return { level, because: [BY_DEFAULT[level], ...because].slice(0, MAX_BECAUSE) }
}

const RANK: Readonly<Record<Says, number>> = { autonomous: 0, unread: 1, asks: 2, noted: 3 }
const BY_DEFAULT = {
  autonomous: { by: 'default', name: 'acts without asking unless told otherwise' },
  asks: { by: 'default', name: 'asks unless told otherwise' },
} as const
