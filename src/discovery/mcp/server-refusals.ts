import { asObject, memberOf, textOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { valuesAt } from '../formats/member-path.ts'
import type { StatesComponents } from './server-states.ts'

type RefusalFact = NonNullable<CatalogueEntry['serverRefusals']>[number]

/** @param folder the project whose server it is; servers of the user have none. @returns false if a list refuses it. */
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
  components: StatesComponents,
  facts: readonly RefusalFact[],
  folder: string | undefined,
): Promise<Refused> {
  const off = new Set<string>()
  const only = new Map<string, AllowList>()
  for (const fact of facts) {
    for (const value of await valuesOf(components, fact, folder)) {
      if (fact.says === 'off') for (const name of namesOff(value)) off.add(spelt(name, fact))
      else allow(only, fact, value)
    }
  }
  return { off, only }
}

async function valuesOf(
  { folders, configs }: StatesComponents,
  { path: pattern, key }: RefusalFact,
  folder: string | undefined,
): Promise<readonly unknown[]> {
  const inProject = pattern.startsWith('./')
  if (folder === undefined && (inProject || key.includes('.'))) return []
  const named = key.includes('.') ? new Set([folder ?? '', ...folders.namesOf(folder ?? '')]) : new Set(['.'])
  const values: unknown[] = []
  for (const path of inProject ? [`${folder}${pattern.slice(1)}`] : await folders.expand(pattern)) {
    // Agents cannot read such a file either, and behave as without it.
    const document = await configs.read(path)
    if (document === undefined) continue
    for (const name of named) {
      const members = key.map((each) => (each === '.' ? name : each))
      values.push(...valuesAt(document, members))
    }
  }
  return values
}

function allow(only: Map<string, AllowList>, fact: RefusalFact, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const called = fact.key.join('\0')
  const list = only.get(called) ?? { names: new Set(), whole: true }
  only.set(called, list)
  for (const name of Array.isArray(value) ? value.map(nameIn) : Object.keys(value)) {
    if (name === undefined) list.whole = false
    else list.names.add(spelt(name, fact))
  }
}

function spelt(name: string, { anyCase }: RefusalFact): string {
  return anyCase === true ? inAnyCase(name) : name
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
