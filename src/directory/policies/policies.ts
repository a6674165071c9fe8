import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { hashOfText } from '../../crypto/hash.ts'
import type { PolicyTest, PolicyVersion, PolicyView } from '../../protocol/api-policy.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { Device } from '../devices/device.ts'
import { DEFAULT_POLICY_TEXT } from '../policy/default-policy.ts'
import type { Policy, Weight } from '../policy/policy.ts'
import { type PolicyDocument, policyOf } from '../policy/policy-document.ts'
import { readPolicyFile } from '../policy/policy-file.ts'
import type { PolicyStore, StoredPolicy } from './policy-store.ts'
import { type TrialComponents, tryPolicy } from './trial.ts'

export interface PoliciesComponents extends Pick<TrialComponents, 'clock'> {
  readonly store: TrialComponents['store'] & {
    readonly policies: PolicyStore
    readonly audit: AuditStore
    transaction<T>(work: () => T): T
  }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'error'>
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
  /** Calls `changed` after each change. */
  onChange(changed: () => void): void
}

interface InUse {
  readonly document: PolicyDocument
  readonly stored: StoredPolicy | undefined
}

export function policies(components: PoliciesComponents, init: PoliciesInit): Policies {
  return new StoredPolicies(components, init)
}

class StoredPolicies implements Policies {
  readonly #components: PoliciesComponents
  readonly #init: PoliciesInit
  #inUse: InUse
  #refused: string | undefined
  #changed: () => void = () => undefined

  constructor(components: PoliciesComponents, init: PoliciesInit) {
    this.#components = components
    this.#init = init
    this.#inUse = this.#lastGood()
  }

  get version(): number {
    return this.#inUse.stored?.version ?? 0
  }

  current(): PolicyView {
    const { stored } = this.#inUse
    const toAppraise = this.#components.store.policyDevices.outdated(this.version)
    return {
      ...(stored === undefined ? defaultView() : viewOf(stored)),
      ...(toAppraise === 0 ? {} : { toAppraise }),
      ...(this.#refused === undefined ? {} : { refused: this.#refused }),
    }
  }

  policyOf(device: Device): Policy {
    return policyOf(this.#inUse.document, device)
  }

  weightOf(check: string): { readonly weight: Weight | 'off'; readonly differs: boolean } {
    const { everyone, groups } = this.#inUse.document
    const weightIn = ({ checks }: Policy) => (Object.hasOwn(checks, check) ? checks[check] : undefined) ?? 'off'
    const weight = weightIn(everyone)
    return { weight, differs: groups.some(({ match, policy }) => match !== undefined && weightIn(policy) !== weight) }
  }

  history({
    before,
    limit,
  }: {
    readonly before?: number | undefined
    readonly limit: number
  }): readonly PolicyVersion[] {
    const stored = this.#components.store.policies.list({ before, limit }).map((one) => versionOf(one, this.version))
    if (stored.length === limit || before === 0) return stored
    const { version, hash } = defaultView()
    return [...stored, { version, hash, current: this.version === 0 }]
  }

  textOf(version: number): PolicyView {
    if (version === 0) return defaultView()
    const stored = this.#components.store.policies.get(version)
    if (stored === undefined) throw new SuretyError('NOT_FOUND', `there is no version ${version} of the policy`)
    return viewOf(stored)
  }

  async test(text: string, againstMs: number): Promise<PolicyTest> {
    const { validForMs } = this.#init
    const { document: current } = this.#inUse
    return tryPolicy(this.#components, { current, proposed: this.#read(text), againstMs, validForMs })
  }

  set(text: string, options: SetPolicy): Promise<PolicyView> {
    return this.#set(text, options, undefined)
  }

  async rollBack(version: number, options: SetPolicy): Promise<PolicyView> {
    return this.#set(this.textOf(version).policy, options, version)
  }

  onChange(changed: () => void): void {
    this.#changed = changed
  }

  async #set(text: string, { actor, force }: SetPolicy, restores: number | undefined): Promise<PolicyView> {
    const { store, clock } = this.#components
    const { document } = this.#read(text)
    const { failsEveryDevice } = await this.test(text, 0)
    if (failsEveryDevice !== undefined && !force) {
      throw new SuretyError('CONFLICT', `${failsEveryDevice}. The policy in use stays. To set it nevertheless: --force`)
    }
    const stored = store.transaction(() => {
      const added: StoredPolicy = {
        version: (store.policies.newest()?.version ?? 0) + 1,
        hash: hashOfText(text),
        text,
        setAt: clock.now(),
        setBy: actor,
        forced: failsEveryDevice !== undefined,
        restores,
      }
      store.policies.add(added)
      const { version, hash, forced, setAt: at } = added
      const act = restores === undefined ? 'policy-set' : 'policy-rolled-back'
      const details = { version, hash, forced, ...(restores === undefined ? {} : { restores }) }
      store.audit.add({ at, actor, act, subject: `${version}`, details })
      return added
    })
    this.#inUse = { document, stored }
    this.#refused = undefined
    this.#changed()
    return this.current()
  }

  #read(text: string) {
    const { defaults, attestEveryMs } = this.#init
    return readPolicyFile(text, { defaults, attestEveryMs })
  }

  /** A release with stricter rules uses the newest version that it accepts, and says so. */
  #lastGood(): InUse {
    const { policies: versions } = this.#components.store
    for (let stored = versions.newest(); stored !== undefined; stored = versions.get(stored.version - 1)) {
      try {
        return { document: this.#read(stored.text).document, stored }
      } catch (error) {
        const reason = `version ${stored.version}: ${describeError(error)}`
        this.#refused ??= reason.slice(0, 512)
        this.#components.log.error('a stored policy is not used', { reason })
      }
    }
    return { document: { everyone: this.#init.defaults, groups: [], exemptions: [] }, stored: undefined }
  }
}

function defaultView(): PolicyView {
  return { version: 0, hash: hashOfText(DEFAULT_POLICY_TEXT), policy: DEFAULT_POLICY_TEXT }
}

function viewOf({ text, ...stored }: StoredPolicy): PolicyView {
  const { current: _, ...view } = versionOf(stored, 0)
  return { ...view, policy: text }
}

function versionOf(stored: Omit<StoredPolicy, 'text'>, current: number): PolicyVersion {
  const { version, hash, setAt, setBy, forced, restores } = stored
  return {
    ...{ version, hash, setAt, setBy, current: version === current },
    ...(forced ? { forced } : {}),
    ...(restores === undefined ? {} : { restores }),
  }
}
