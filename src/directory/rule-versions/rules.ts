import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { foldName } from '../../base/text/fold-name.ts'
import type { RulesTest, RulesVersion, RulesView } from '../../protocol/api/rules.ts'
import type { AuditStore } from '../audit/audit.ts'
import { type Rule, ruleFor } from '../rule-set/rule-set.ts'
import { type ReadRules, RULES_SCHEMA, readRulesFile } from '../rule-set/rules-file.ts'
import type { ZombieRules } from '../rule-set/zombie-rules.ts'
import type { VersionStore } from '../versions/version-store.ts'
import { Versions, type VersionView } from '../versions/versions.ts'
import type { Changes } from '../workers/changes.ts'
import type { RuleSubjectStore } from './rule-store.ts'
import { tryRules } from './trial.ts'

export interface RulesComponents {
  readonly store: {
    readonly ruleSets: VersionStore
    readonly ruleSubjects: RuleSubjectStore
    readonly audit: AuditStore
    transaction<T>(work: () => T): T
  }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'error'>
  readonly changes: Pick<Changes, 'of'>
}

export interface SetRules {
  readonly actor: string
  /** Sets them although they are broad. */
  readonly force: boolean
}

/** The rules in use and their history. */
export interface Rules {
  /** 0: there are none. */
  readonly version: number
  current(): RulesView
  /** The first rule in use that fits. */
  ruleFor(subject: Parameters<typeof ruleFor>[1]): Rule | undefined
  /** What becomes of registrations that nobody needs, answers for or looks after. */
  readonly zombies: ZombieRules
  /** Newest first; no rules stand last. */
  history(page: { readonly before?: number | undefined; readonly limit: number }): readonly RulesVersion[]
  /** @throws `NOT_FOUND`. */
  textOf(version: number): RulesView
  /** @throws `INPUT_*` with the line. */
  test(text: string): Promise<RulesTest>
  /** @throws `INPUT_*` with the line; `CONFLICT` if they are too broad. The rules in use then stay. */
  set(text: string, options: SetRules): Promise<RulesView>
  /** Sets an earlier version again, as a new one. @throws as `set`; `NOT_FOUND`. */
  rollBack(version: number, options: SetRules): Promise<RulesView>
}

const NO_RULES_TEXT = `schema: ${RULES_SCHEMA}\nrules: []\n`

export function rules(components: RulesComponents): Rules {
  return new StoredRules(components)
}

class StoredRules implements Rules {
  readonly #components: RulesComponents
  readonly #versions: Versions<ReadRules>

  constructor(components: RulesComponents) {
    this.#components = components
    const { store, clock, log } = components
    this.#versions = new Versions(
      { versions: store.ruleSets, clock, log },
      { noun: 'rules', initial: { text: NO_RULES_TEXT, document: read(NO_RULES_TEXT) }, read },
    )
  }

  get version(): number {
    return this.#versions.version
  }

  current(): RulesView {
    return viewOf(this.#versions.current())
  }

  ruleFor(subject: Parameters<typeof ruleFor>[1]): Rule | undefined {
    return ruleFor(this.#versions.document.rules, subject)
  }

  get zombies(): ZombieRules {
    return this.#versions.document.zombies
  }

  history(page: Parameters<Rules['history']>[0]): readonly RulesVersion[] {
    return this.#versions.history(page)
  }

  textOf(version: number): RulesView {
    return viewOf(this.#versions.textOf(version))
  }

  test(text: string): Promise<RulesTest> {
    return tryRules(this.#components, read(text))
  }

  set(text: string, options: SetRules): Promise<RulesView> {
    return this.#set(text, options, undefined)
  }

  async rollBack(version: number, options: SetRules): Promise<RulesView> {
    return this.#set(this.textOf(version).rules, options, version)
  }

  async #set(text: string, { actor, force }: SetRules, restores: number | undefined): Promise<RulesView> {
    const { store } = this.#components
    const document = read(text)
    const { tooBroad } = await tryRules(this.#components, document)
    if (tooBroad !== undefined && !force) {
      throw new SuretyError('CONFLICT', `${tooBroad}. The rules in use stay. To set these nevertheless: --force`)
    }
    const stored = store.transaction(() => {
      const added = this.#versions.add(text, { setBy: actor, forced: tooBroad !== undefined, restores })
      const { version, hash, forced, setAt: at } = added
      const act = restores === undefined ? 'rules-set' : 'rules-rolled-back'
      const details = { version, hash, forced, ...(restores === undefined ? {} : { restores }) }
      store.audit.add({ at, actor, act, subject: `${version}`, details })
      return added
    })
    this.#versions.use(stored, document)
    this.#components.changes.of('rules')
    return this.current()
  }
}

function read(text: string): ReadRules {
  return readRulesFile(text, foldName)
}

function viewOf({ text, ...about }: VersionView & { readonly text: string }): RulesView {
  return { ...about, rules: text }
}
