import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { faultOf } from '../../base/schema.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import { fieldsBetween } from '../../protocol/noun/difference.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import {
  type HumanImport,
  type ImportedHuman,
  type ImportedHumans,
  importedHumanSchema,
  MAX_IMPORT_REFUSALS,
} from '../../protocol/nouns/people/people-import.ts'
import type { GroupStore } from '../humans/group-store.ts'
import type { Groups } from '../humans/groups.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import { activeHuman, type Humans } from '../humans/humans.ts'
import { sentenceOf } from './compare.ts'
import { about } from './read-documents.ts'

interface PeopleImportComponents {
  readonly store: {
    readonly humans: HumanStore
    readonly groups: GroupStore
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly humans: Humans
  readonly groups: Groups
}

/**
 * Adds people, and brings those who are there to what the request says of them, in one transaction: all or nothing. A dry run is
 * carried out and undone, so that it has every refusal.
 *
 * @throws the first refusal, unless it is a dry run.
 */
export async function importPeople(
  components: PeopleImportComponents,
  { humans, dryRun = false }: HumanImport,
  by: Person,
): Promise<ImportedHumans> {
  const undo = new Error('a dry run is undone')
  let outcome: ImportedHumans | undefined
  try {
    await components.store.transaction(async () => {
      const run = new Import(components, by)
      await run.carryOut(humans)
      outcome = run.outcome(!dryRun)
      if (dryRun || outcome.refused > 0) throw undo
    })
  } catch (error) {
    if (error !== undo) throw error
  }
  if (outcome === undefined) throw undo
  const [first] = outcome.refusals
  if (dryRun || first === undefined) return outcome
  const more = outcome.refused > 1 ? ` (and ${outcome.refused - 1} more)` : ''
  // Each refusal has the code of an error.
  throw new SuretyError(
    first.code as SuretyError['code'],
    `nothing was changed: person ${first.source + 1}: ${first.message}${more}`,
  )
}

type Fields = Readonly<Record<string, unknown>>

/** One human of the request. */
interface Row {
  readonly source: number
  readonly wanted: ImportedHuman
  human: Human
  readonly isNew: boolean
  before: Fields
  after: Fields
}

/** One attempt of the transaction. */
class Import {
  readonly #components: PeopleImportComponents
  readonly #by: Person
  readonly #rows: Row[] = []
  readonly #refusals: ImportedHumans['refusals'] = []
  readonly #warnings: string[] = []

  constructor(components: PeopleImportComponents, by: Person) {
    this.#components = components
    this.#by = by
  }

  async carryOut(humans: readonly unknown[]): Promise<void> {
    const named = new Map<string, number>()
    for (const [source, wanted] of humans.entries()) {
      await this.#attempt(source, async () => {
        const human = checked(wanted)
        const key = foldedName(human.userName) ?? ''
        const twin = named.get(key)
        if (twin !== undefined) throw conflict(`person ${twin + 1} of the import has the same user name`)
        named.set(key, source)
        this.#rows.push(await this.#named(source, human))
      })
    }
    // A manager may come after their people.
    for (const row of this.#rows) await this.#attempt(row.source, () => this.#managed(row))
    const joining = new Map<string, Set<string>>()
    for (const row of this.#rows) await this.#attempt(row.source, () => this.#joining(row, joining))
    for (const [group, add] of joining) await this.#components.groups.change(group, { add: [...add] }, this.#by)
  }

  outcome(done: boolean): ImportedHumans {
    const changed = this.#rows.filter(({ isNew, before, after }) => isNew || fieldsBetween(before, after).length > 0)
    const add = changed.filter(({ isNew }) => isNew).length
    return {
      done: done && this.#refusals.length === 0,
      counts: { add, change: changed.length - add, unchanged: this.#rows.length - changed.length },
      changes: changed.map(({ source, human: { userName }, isNew, before, after }) => {
        const fields = [...fieldsBetween(before, after)]
        const change = { action: isNew ? 'create' : 'change', name: userName, fields } as const
        return { source, action: isNew ? 'add' : 'change', userName, sentence: sentenceOf({ kind: 'person' }, change) }
      }),
      refusals: this.#refusals.toSorted((a, b) => a.source - b.source).slice(0, MAX_IMPORT_REFUSALS),
      refused: this.#refusals.length,
      warnings: this.#warnings.slice(0, 100),
    }
  }

  /** Undoes what one person began, and notes why. */
  async #attempt(source: number, work: () => Promise<void>): Promise<void> {
    try {
      await this.#components.store.transaction(work)
    } catch (error) {
      this.#refusals.push({ source, ...about(error) })
    }
  }

  async #named(source: number, wanted: ImportedHuman): Promise<Row> {
    const { store, humans } = this.#components
    const { userName, displayName, email } = wanted
    const present = await store.humans.byName(userName)
    const names = { ...member('displayName', displayName), ...member('email', email) }
    if (present === undefined) {
      const { human, warnings } = await humans.add({ userName, ...names }, this.#by)
      this.#warn(human, warnings)
      return { source, wanted, human, isNew: true, before: {}, after: names }
    }
    if (present.status !== 'active')
      throw conflict(`${JSON.stringify(present.userName)} is deactivated: reactivate them`)
    const before = { displayName: present.displayName, email: present.email, groups: [] }
    const after = { ...before, ...names }
    const row = { source, wanted, human: present, isNew: false, before, after }
    if (fieldsBetween(before, after).length > 0) await this.#change(row, names)
    return row
  }

  async #managed(row: Row): Promise<void> {
    const { manager } = row.wanted
    if (manager === undefined) return
    const { store } = this.#components
    const named = await activeHuman(store.humans, manager, 'manager')
    if (row.human.manager === named.id) return
    const before = row.human.manager === undefined ? undefined : await store.humans.get(row.human.manager)
    await this.#change(row, { manager: named.id })
    row.before = { ...row.before, manager: before?.userName }
    row.after = { ...row.after, manager: named.userName }
  }

  async #joining(row: Row, joining: Map<string, Set<string>>): Promise<void> {
    const { groups } = this.#components.store
    const joined: string[] = []
    for (const name of new Set(row.wanted.groups)) {
      const group = await groups.byName(name)
      const shown = JSON.stringify(name)
      if (group === undefined) throw notFound(`there is no group ${shown}: add it with groups add ${shown}`)
      if (group.origin === 'scim')
        throw conflict(`the group ${shown} comes by SCIM: change it at the identity provider`)
      const members = joining.get(group.id) ?? new Set()
      if (members.has(row.human.id) || (await groups.has(group.id, row.human.id))) continue
      joining.set(group.id, members.add(row.human.id))
      joined.push(group.name)
    }
    if (joined.length > 0) row.after = { ...row.after, groups: joined }
  }

  async #change(row: Row, change: { displayName?: string; email?: string; manager?: string }): Promise<void> {
    const { id, origin, userName } = row.human
    if (origin === 'scim') {
      throw conflict(`${JSON.stringify(userName)} comes by SCIM: change them at the identity provider`)
    }
    const { human, warnings } = await this.#components.humans.change(id, change, this.#by)
    row.human = human
    this.#warn(human, warnings)
  }

  #warn({ userName }: Human, warnings: readonly string[]): void {
    this.#warnings.push(...warnings.map((warning) => `${userName}: ${warning}`))
  }
}

/** @throws `INPUT_MALFORMED`. */
function checked(wanted: unknown): ImportedHuman {
  const fault = faultOf(importedHumanSchema, wanted)
  if (fault === undefined) return wanted as ImportedHuman // `faultOf` has checked it
  const place = fault.place.split('/').slice(1).join(' > ')
  throw new SuretyError('INPUT_MALFORMED', `${place === '' ? '' : `${place}: `}${fault.wanted}`)
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}

function notFound(message: string): SuretyError {
  return new SuretyError('NOT_FOUND', message)
}
