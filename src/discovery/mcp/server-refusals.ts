import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { valuesAt } from '../installed/member-path.ts'
import { asObject, memberOf, textOf } from '../json-file.ts'
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
    const { off, only } = await refused
    const names = [name, inAnyCase(name)]
    const without = [...only.values()].filter((list) => !names.some((each) => list.names.has(each)))
    if (names.some((each) => off.has(each)) || without.some(({ whole }) => whole)) return false
    return without.length > 0 ? 'unknown' : true
  }
}

interface Refused {
  readonly off: ReadonlySet<string>
  /** By what they are called: lists of one name in several files are one list, and each of another name has to have the server. */
  readonly only: ReadonlyMap<string, AllowList>
}

interface AllowList {
  readonly names: Set<string>
  /** It goes by names alone, not by commands and addresses. */
  whole: boolean
}

async function readRefused(
  { folders, configs }: StatesComponents,
  facts: readonly RefusalFact[],
  folder: string | undefined,
): Promise<Refused> {
  const off = new Set<string>()
  const only = new Map<string, AllowList>()
  for (const { path: pattern, key, says, anyCase } of facts) {
    if (folder === undefined && (pattern.startsWith('./') || key.includes('.'))) continue
    for (const path of pattern.startsWith('./') ? [`${folder}${pattern.slice(1)}`] : await folders.expand(pattern)) {
      // Agents go on as without a file that they cannot read either.
      const document = await configs.read(path)
      if (document === undefined) continue
      const spelt = key.includes('.') ? new Set([folder ?? '', ...folders.namesOf(folder ?? '')]) : ['.']
      for (const named of spelt) {
        for (const value of valuesAt(
          document,
          key.map((each) => (each === '.' ? named : each)),
        )) {
          const spelling = (name: string) => (anyCase === true ? inAnyCase(name) : name)
          if (says === 'off') for (const name of namesOff(value)) off.add(spelling(name))
          else if (typeof value === 'object' && value !== null) {
            const list = only.get(key.join('\0')) ?? { names: new Set(), whole: true }
            only.set(key.join('\0'), list)
            for (const name of Array.isArray(value) ? value.map(nameIn) : Object.keys(value)) {
              if (name === undefined) list.whole = false
              else list.names.add(spelling(name))
            }
          }
        }
      }
    }
  }
  return { off, only }
}

function namesOff(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(nameIn).filter((name) => name !== undefined)
  return Object.entries(asObject(value)).flatMap(([name, each]) =>
    memberOf(asObject(each), 'enabled') === false ? [name] : [],
  )
}

/** As it is, or as Claude Code writes it, which may name a command or an address instead. */
function nameIn(each: unknown): string | undefined {
  return typeof each === 'string' ? each : textOf(asObject(each), 'serverName')
}

/** Apart from every name as it is spelt. */
function inAnyCase(name: string): string {
  return `\0${name.trim().toLowerCase()}`
}
