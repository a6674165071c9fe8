import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { fieldsBetween } from '../../protocol/noun/difference.ts'
import { mayDo, type Principal } from '../../protocol/noun/permissions.ts'
import {
  type Configuration,
  type ConfigurationChange,
  type ConfigurationPlan,
  type ConfigurationRefusal,
  type ConfigurationRequest,
  type LeftOut,
  MAX_REFUSALS,
} from '../../protocol/nouns/directory/configuration.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { byKey, sentenceOf } from './compare.ts'
import type { Act, Kind, Present, PresentOf, Spec } from './kind.ts'
import { about, type ReadDocuments, readDocuments, type Wanted } from './read-documents.ts'

export interface ConfigurationsComponents extends ActComponents {
  readonly kinds: readonly Kind[]
}

/** What is there as documents, and the acts that bring it to what documents say. */
export interface Configurations {
  /** Of the kinds that the role may read. */
  read(by: Principal): Promise<Configuration>
  /**
   * Plans, or applies in one transaction: all or nothing. A plan is carried out and undone, so that it has every refusal.
   *
   * @throws `VERSION_STALE` for another state than that of the plan; when applying, the first refusal.
   */
  apply(request: ConfigurationRequest, by: Principal): Promise<ConfigurationPlan>
}

export function configurations({ kinds, store, clock }: ConfigurationsComponents): Configurations {
  return {
    async read(by) {
      const documents: Configuration['documents'] = []
      const leftOut: LeftOut[] = []
      for (const kind of kinds) {
        if (mayDo(by.role, kind.reads)) {
          const present = await kind.read()
          for (const { name, spec } of exported(present)) documents.push({ kind: kind.kind, name, spec })
          for (const { count, why } of unexported(present)) leftOut.push({ kind: kind.kind, count, why })
        } else leftOut.push({ kind: kind.kind, count: 0, why: `the role ${by.role} may not ${kind.reads}` })
      }
      return { documents, leftOut }
    },
    async apply(request, by) {
      const { documents, plan, reason = 'applied from files' } = request
      const { wanted, refusals } = readDocuments(documents, kinds, { by, access: plan ? 'reads' : 'changes' })
      const run = new Run({ wanted, refusals, kinds }, { by, reason }, request)
      if (refusals.length === 0) await run.propose()
      const undo = new Error('a plan is undone')
      let done: ConfigurationPlan | undefined
      try {
        await store.transaction(async () => {
          await run.carryOut(store)
          done = run.outcome()
          const { counts, set, refused } = done
          if (plan || refused > 0) throw undo
          const { unchanged, ...changes } = counts
          if (changes.create + changes.change + changes.remove === 0) return
          const details = { hash: set, documents: documents.length, ...changes, unchanged }
          await store.audit.add({ at: clock.now(), actor: by.id, act: 'configuration-applied', subject: set, details })
        })
      } catch (error) {
        if (error !== undo) throw error
      }
      if (done === undefined) throw undo
      const [first] = done.refusals
      if (!plan && first !== undefined) throw refused(first, done)
      return done
    },
  }
}

/** One request: what is there, what is wanted, and what becomes of it. */
class Run {
  readonly #wanted: readonly Wanted[]
  readonly #act: Act
  readonly #request: ConfigurationRequest
  /** Of before the transaction, which may run again. */
  readonly #early: ConfigurationRefusal[]
  readonly #proposals = new Map<number, (actor: string) => Promise<void>>()
  #refusals: ConfigurationRefusal[] = []
  #changes: readonly Planned[] = []
  #kept: ConfigurationPlan['kept'] = []
  #state = ''

  constructor(
    { wanted, refusals, kinds }: ReadDocuments & { readonly kinds: readonly Kind[] },
    act: Act,
    request: ConfigurationRequest,
  ) {
    this.#wanted = wanted.toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
    this.#early = [...refusals]
    this.#act = act
    this.#request = request
  }

  /** Tests texts that differ, which takes a while: other work continues. */
  async propose(): Promise<void> {
    const { force = false } = this.#request
    for (const { source, kind, key, spec } of this.#wanted) {
      if (kind.propose === undefined) continue
      const present = byKey((await kind.read()).items).get(key)
      if (present !== undefined && fieldsBetween(present.spec, spec).length === 0) continue
      try {
        this.#proposals.set(source, await kind.propose(spec, { force }))
      } catch (error) {
        this.#early.push({ source, place: '/spec/text', ...about(error) })
      }
    }
  }

  /** Inside the transaction. */
  async carryOut(store: { transaction<T>(work: () => Promise<T>): Promise<T> }): Promise<void> {
    this.#refusals = [...this.#early]
    this.#kept = []
    const present = new Map<Kind, PresentOf>()
    for (const { kind } of this.#wanted) if (!present.has(kind)) present.set(kind, await kind.read())
    this.#state = stateOf(present)
    const { state } = this.#request
    if (state !== undefined && state !== this.#state) throw changedSince()
    const planned: Planned[] = []
    for (const [kind, { items }] of present) {
      const found = byKey(items)
      for (const one of this.#wanted) if (one.kind === kind) planned.push(...(await this.#planOf(one, found)))
    }
    for (const [kind, { items }] of [...present].toReversed()) planned.push(...this.#absent(kind, items))
    this.#changes = planned
    if (this.#refusals.length > 0) return
    let waiting: readonly Refused[] = planned.filter(({ change: { action } }) => action !== 'unchanged')
    // What refers to something later in the documents is refused at first.
    for (let before = Number.POSITIVE_INFINITY; waiting.length > 0 && waiting.length < before; ) {
      before = waiting.length
      waiting = (await this.#attempt(waiting, store)).toReversed()
    }
    for (const { change, refused: words = UNKNOWN } of waiting.toSorted(bySource)) {
      this.#refusals.push({ ...member('source', change.source), place: '', ...words })
    }
    if (this.#refusals.length === 0) await this.#verify()
  }

  /** @returns what was refused. */
  async #attempt(
    planned: readonly Refused[],
    store: { transaction<T>(work: () => Promise<T>): Promise<T> },
  ): Promise<Refused[]> {
    const failed: Refused[] = []
    for (const one of planned) {
      try {
        await store.transaction(() => one.run())
      } catch (error) {
        failed.push({ ...one, refused: about(error) })
      }
    }
    return failed
  }

  async #planOf(wanted: Wanted, found: ReadonlyMap<string, Present | undefined>): Promise<readonly Planned[]> {
    const { source, kind, key, name, spec } = wanted
    const before = found.get(key)
    if (before === undefined && found.has(key)) {
      const message = `several have the name ${JSON.stringify(name)}: rename them, so that a document can mean one`
      this.#refusals.push({ source, place: '/name', code: 'CONFLICT', message })
      return []
    }
    let after: Spec
    try {
      after = await kind.normal(name, spec)
    } catch (error) {
      this.#refusals.push({ source, place: '/spec', ...about(error) })
      return []
    }
    if (before === undefined && kind.addedBy !== undefined) {
      const message = `there is no ${kind.kind} ${JSON.stringify(name)}, and no file holds its secret. Add it first: ${kind.addedBy(name, after)}`
      this.#refusals.push({ source, place: '/name', code: 'NOT_FOUND', message: message.slice(0, 1000) })
      return []
    }
    const fields = [...fieldsBetween(before?.spec ?? {}, after)]
    const action = before === undefined ? 'create' : fields.length === 0 ? 'unchanged' : 'change'
    const change = { action, kind: kind.kind, name, source, fields } as const
    const run = async () => {
      const proposal = this.#proposals.get(source)
      if (proposal !== undefined) await proposal(this.#act.by.id)
      else if (before === undefined) await kind.create?.(name, after, this.#act)
      else await kind.change?.(before, after, membersIn(fields), this.#act)
    }
    return [{ change: { ...change, sentence: sentenceOf(kind, change) }, run }]
  }

  #absent(kind: Kind, items: readonly Present[]): readonly Planned[] {
    const { remove } = kind
    if (remove === undefined) return []
    const named = new Set(this.#wanted.filter((one) => one.kind === kind).map(({ key }) => key))
    const absent = items.filter(({ key, leftOut }) => leftOut === undefined && !named.has(key))
    if (this.#request.prune !== true) {
      if (absent.length > 0) this.#kept = [...this.#kept, { kind: kind.kind, count: absent.length }]
      return []
    }
    return absent.map((one) => {
      const change = { action: 'remove' as const, kind: kind.kind, name: one.name, fields: [] }
      return { change: { ...change, sentence: sentenceOf(kind, change) }, run: () => remove(one, this.#act) }
    })
  }

  /** One act may undo what another one has done: a person who is removed takes agents along. */
  async #verify(): Promise<void> {
    const present = new Map<Kind, ReadonlyMap<string, Present | undefined>>()
    for (const { kind } of this.#wanted) if (!present.has(kind)) present.set(kind, byKey((await kind.read()).items))
    for (const { source, kind, key, name, spec } of this.#wanted) {
      if (kind.propose !== undefined) continue
      const [different] = fieldsBetween(present.get(kind)?.get(key)?.spec ?? {}, await kind.normal(name, spec))
      if (different !== undefined) {
        const message = `${different.field} would not be as this says: another document, or what is removed, changes it too`
        this.#refusals.push({
          source,
          place: `/spec/${different.field.replaceAll('.', '/')}`,
          code: 'CONFLICT',
          message,
        })
      }
    }
  }

  outcome(): ConfigurationPlan {
    const { documents, plan } = this.#request
    const changes = this.#changes.map(({ change }) => change)
    const count = (action: ConfigurationChange['action']) => changes.filter((one) => one.action === action).length
    return {
      applied: !plan && this.#refusals.length === 0,
      state: this.#state,
      set: hashOfText(JSON.stringify(documents)),
      counts: {
        create: count('create'),
        change: count('change'),
        remove: count('remove'),
        unchanged: count('unchanged'),
      },
      changes,
      refusals: this.#refusals.slice(0, MAX_REFUSALS),
      refused: this.#refusals.length,
      kept: this.#kept,
    }
  }
}

interface Planned {
  readonly change: ConfigurationChange
  readonly run: () => Promise<void>
}

type Refused = Planned & { readonly refused?: Pick<ConfigurationRefusal, 'code' | 'message'> }

const UNKNOWN = { code: 'CONFLICT', message: 'it could not be done' }

function bySource({ change: one }: Refused, { change: other }: Refused): number {
  return (one.source ?? Number.MAX_SAFE_INTEGER) - (other.source ?? Number.MAX_SAFE_INTEGER)
}

/** What documents of an export say: no name twice, in the order of names. */
function exported({ items }: PresentOf): readonly Present[] {
  const single = byKey(items)
  return items
    .filter(({ key, leftOut }) => leftOut === undefined && single.get(key) !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function unexported({ items, leftOut }: PresentOf): readonly Omit<LeftOut, 'kind'>[] {
  const single = byKey(items)
  const twice = items.filter(({ key }) => single.get(key) === undefined).length
  const counts = new Map<string, number>()
  for (const { key, leftOut: why } of items) {
    if (why !== undefined && single.get(key) !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1)
  }
  return [
    ...leftOut,
    ...[...counts].map(([why, count]) => ({ count, why })),
    { count: twice, why: 'others have the same name: rename them' },
  ].filter(({ count }) => count > 0)
}

function stateOf(present: ReadonlyMap<Kind, PresentOf>): string {
  const all = [...present].map(([{ kind }, { items }]) => [kind, items.map(({ id, name, spec }) => [id, name, spec])])
  return hashOfText(JSON.stringify(all))
}

/** The first part of `scope.tools` is the member of `spec`. */
function membersIn(fields: ConfigurationChange['fields']): ReadonlySet<string> {
  return new Set(fields.map(({ field }) => field.split('.', 1)[0] ?? field))
}

function changedSince(): SuretyError {
  return new SuretyError('VERSION_STALE', 'something has changed since the plan was made: look at the plan again')
}

function refused({ source, code, message }: ConfigurationRefusal, { refused: count }: ConfigurationPlan): SuretyError {
  const where = source === undefined ? '' : `document ${source + 1}: `
  const more = count > 1 ? ` (and ${count - 1} more)` : ''
  // Each refusal has the code of an error.
  return new SuretyError(code as SuretyError['code'], `nothing was changed: ${where}${message}${more}`)
}
