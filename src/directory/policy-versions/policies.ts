import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { PolicyTest, PolicyVersion, PolicyView } from '../../protocol/api/policy.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { Device } from '../devices/device.ts'
import { DEFAULT_POLICY_TEXT } from '../policy/default-policy.ts'
import { DEFAULT_SILENCE_MS, type Policy, type Weight } from '../policy/policy.ts'
import { type PolicyDocument, policyOf } from '../policy/policy-document.ts'
import { readPolicyFile } from '../policy/policy-file.ts'
import type { VersionStore } from '../versions/version-store.ts'
import { Versions, type VersionView } from '../versions/versions.ts'
import type { Changes } from '../workers/changes.ts'
import { type TrialComponents, tryPolicy } from './trial.ts'

export interface PoliciesComponents extends Pick<TrialComponents, 'clock'> {
  readonly store: TrialComponents['store'] & {
    readonly policies: VersionStore
    readonly audit: AuditStore
    transaction<T>(work: () => T): T
  }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'error'>
  readonly changes: Pick<Changes, 'of'>
}

export interface PoliciesInit {
  /** Of a directory that was given no policy, and of what a policy file does not mention. */
  readonly defaults: Policy
  readonly attestEveryMs: number
  readonly validForMs: number
}

export interface SetPolicy {
  readonly actor: string
  /** Sets it although every device would fail. */
  readonly force: boolean
}

/** The policy in use and its history. */
export interface Policies {
  current(): PolicyView
  /** 0: the default. */
  readonly version: number
  /** What the policy in use asks of a device. */
  policyOf(device: Device): Policy
  /** Of all devices, the shortest that the policy in use calls silence. */
  readonly shortestSilenceMs: number
  /** Of a check, for devices in no group; and whether groups have another one. */
  weightOf(check: string): { readonly weight: Weight | 'off'; readonly differs: boolean }
  /** Newest first; the default stands last. */
  history(page: { readonly before?: number | undefined; readonly limit: number }): readonly PolicyVersion[]
  /** @throws `NOT_FOUND`. */
  textOf(version: number): PolicyView
  /** @throws `INPUT_*` with the line. */
  test(text: string, againstMs: number): Promise<PolicyTest>
  /** @throws `INPUT_*` with the line; `CONFLICT` if every device would fail. The policy in use then stays. */
  set(text: string, options: SetPolicy): Promise<PolicyView>
  /** Sets an earlier version again, as a new one. @throws as `set`; `NOT_FOUND`. */
  rollBack(version: number, options: SetPolicy): Promise<PolicyView>
}

export function policies(components: PoliciesComponents, init: PoliciesInit): Policies {
  return new StoredPolicies(components, init)
}

class StoredPolicies implements Policies {
  readonly #components: PoliciesComponents
  readonly #init: PoliciesInit
  readonly #versions: Versions<PolicyDocument>

  constructor(components: PoliciesComponents, init: PoliciesInit) {
    this.#components = components
    this.#init = init
    const { store, clock, log } = components
    const document = { everyone: init.defaults, groups: [], exemptions: [] }
    this.#versions = new Versions(
      { versions: store.policies, clock, log },
      { noun: 'policy', initial: { text: DEFAULT_POLICY_TEXT, document }, read: (text) => this.#read(text).document },
    )
  }

  get version(): number {
    return this.#versions.version
  }

  current(): PolicyView {
    const toAppraise = this.#components.store.policyDevices.outdated(this.version)
    return { ...viewOf(this.#versions.current()), ...(toAppraise === 0 ? {} : { toAppraise }) }
  }

  policyOf(device: Device): Policy {
    return policyOf(this.#versions.document, device)
  }

  get shortestSilenceMs(): number {
    const { everyone, groups } = this.#versions.document
    const all = [everyone, ...groups.map(({ policy }) => policy)]
    return Math.min(...all.map(({ silentAfterMs = DEFAULT_SILENCE_MS }) => silentAfterMs))
  }

  weightOf(check: string): { readonly weight: Weight | 'off'; readonly differs: boolean } {
    const { everyone, groups } = this.#versions.document
    const weightIn = ({ checks }: Policy) => (Object.hasOwn(checks, check) ? checks[check] : undefined) ?? 'off'
    const weight = weightIn(everyone)
    return { weight, differs: groups.some(({ match, policy }) => match !== undefined && weightIn(policy) !== weight) }
  }

  history(page: Parameters<Policies['history']>[0]): readonly PolicyVersion[] {
    return this.#versions.history(page)
  }

  textOf(version: number): PolicyView {
    return viewOf(this.#versions.textOf(version))
  }

  async test(text: string, againstMs: number): Promise<PolicyTest> {
    const { validForMs } = this.#init
    const { document: current } = this.#versions
    return tryPolicy(this.#components, { current, proposed: this.#read(text), againstMs, validForMs })
  }

  set(text: string, options: SetPolicy): Promise<PolicyView> {
    return this.#set(text, options, undefined)
  }

  async rollBack(version: number, options: SetPolicy): Promise<PolicyView> {
    return this.#set(this.textOf(version).policy, options, version)
  }

  async #set(text: string, { actor, force }: SetPolicy, restores: number | undefined): Promise<PolicyView> {
    const { store } = this.#components
    const { document } = this.#read(text)
    const { failsEveryDevice } = await this.test(text, 0)
    if (failsEveryDevice !== undefined && !force) {
      throw new SuretyError('CONFLICT', `${failsEveryDevice}. The policy in use stays. To set it nevertheless: --force`)
    }
    const stored = store.transaction(() => {
      const added = this.#versions.add(text, { setBy: actor, forced: failsEveryDevice !== undefined, restores })
      const { version, hash, forced, setAt: at } = added
      const act = restores === undefined ? 'policy-set' : 'policy-rolled-back'
      const details = { version, hash, forced, ...(restores === undefined ? {} : { restores }) }
      store.audit.add({ at, actor, act, subject: `${version}`, details })
      return added
    })
    this.#versions.use(stored, document)
    this.#components.changes.of('policies')
    return this.current()
  }

  #read(text: string) {
    const { defaults, attestEveryMs } = this.#init
    return readPolicyFile(text, { defaults, attestEveryMs })
  }
}

function viewOf({ text, ...about }: VersionView & { readonly text: string }): PolicyView {
  return { ...about, policy: text }
}
