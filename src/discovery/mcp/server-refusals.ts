import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { valuesAt } from '../installed/member-path.ts'
import { asObject, memberOf } from '../json-file.ts'
import type { StatesComponents } from './server-states.ts'

type RefusalFact = NonNullable<CatalogueEntry['serverRefusals']>[number]

/** @param folder the project whose server it is; a person's own have none. @returns false where somebody says no to it. */
export type Refusals = (name: string, folder: string | undefined) => Promise<true | false | 'unknown'>

/** Of the settings of one client; each list is made once for each folder. */
export function openRefusals(components: StatesComponents, facts: readonly RefusalFact[]): Refusals {
  const known = new Map<string | undefined, Promise<Refused>>()
  return async (name, folder) => {
    if (facts.length === 0) return true
    const refused = known.get(folder) ?? readRefused(components, facts, folder)
    known.set(folder, refused)
    const { off, only, unread } = await refused
    const names = [name, inAnyCase(name)]
    if (names.some((each) => off.has(each)) || (only !== undefined && !names.some((each) => only.has(each))))
      return false
    return unread ? 'unknown' : true
  }
}

interface Refused {
  readonly off: ReadonlySet<string>
  /** Undefined where nothing but these is not said. */
  readonly only: ReadonlySet<string> | undefined
  readonly unread: boolean
}

async function readRefused(
  { folders, configs }: StatesComponents,
  facts: readonly RefusalFact[],
  folder: string | undefined,
): Promise<Refused> {
  const off = new Set<string>()
  const only = new Set<string>()
  let isLimited = false
  let unread = false
  for (const { path: pattern, key, says, anyCase } of facts) {
    if (folder === undefined && (pattern.startsWith('./') || key.includes('.'))) continue
    for (const path of pattern.startsWith('./') ? [`${folder}${pattern.slice(1)}`] : await folders.expand(pattern)) {
      const document = await configs.look(path)
      if (document === undefined) continue
      if (document === 'unread') {
        unread = true
        continue
      }
      const spelt = key.includes('.') ? new Set([folder ?? '', ...folders.namesOf(folder ?? '')]) : ['.']
      for (const named of spelt) {
        for (const value of valuesAt(
          document,
          key.map((each) => (each === '.' ? named : each)),
        )) {
          if (says === 'only') isLimited ||= Array.isArray(value)
          for (const name of namesIn(value))
            (says === 'only' ? only : off).add(anyCase === true ? inAnyCase(name) : name)
        }
      }
    }
  }
  return { off, only: isLimited ? only : undefined, unread }
}

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((each): each is string => typeof each === 'string')
  return Object.entries(asObject(value)).flatMap(([name, each]) =>
    memberOf(asObject(each), 'enabled') === false ? [name] : [],
  )
}

/** Apart from every name as it is spelt. */
function inAnyCase(name: string): string {
  return `\0${name.trim().toLowerCase()}`
}
