import type { PolicyTest, PolicyView } from '../../protocol/nouns/directory/policy.ts'
import type { Device } from '../devices/device.ts'
import { DEFAULT_POLICY_TEXT } from '../policy/default-policy.ts'
import { DEFAULT_SILENCE_MS, type Policy, type Weight } from '../policy/policy.ts'
import { policyOf } from '../policy/policy-document.ts'
import { type ReadPolicy, readPolicyFile } from '../policy/policy-file.ts'
import type { VersionStore } from '../versions/version-store.ts'
import { StoredText, type StoredTextComponents, type VersionedText } from '../versions/versioned-text.ts'
import type { PolicyDeviceStore } from './policy-store.ts'
import { type TrialComponents, tryPolicy } from './trial.ts'

export interface PoliciesComponents extends Omit<StoredTextComponents, 'versions'> {
  readonly store: StoredTextComponents['store'] & TrialComponents['store'] & { readonly policies: VersionStore }
}

export interface PoliciesInit {
  /** Of a directory that was given no policy, and of what a policy file does not mention. */
  readonly defaults: Policy
  readonly attestEveryMs: number
  readonly validForMs: number
}

/** The policy in use and its history. */
export interface Policies extends VersionedText<PolicyView, PolicyTest> {
  /** What the policy in use asks of a device. */
  policyOf(device: Device): Policy
  /** Of all devices, the shortest that the policy in use calls silence. */
  readonly shortestSilenceMs: number
  /** Of a check, for devices in no group; and whether groups have another one. */
  weightOf(check: string): { readonly weight: Weight | 'off'; readonly differs: boolean }
}

export async function policies(components: PoliciesComponents, init: PoliciesInit): Promise<Policies> {
  const stored = new StoredPolicies(components, init)
  await stored.load()
  return stored
}

class StoredPolicies extends StoredText<'policy', ReadPolicy, PolicyTest> implements Policies {
  readonly #devices: PolicyDeviceStore

  constructor(components: PoliciesComponents, { defaults, attestEveryMs, validForMs }: PoliciesInit) {
    const { store } = components
    const document = { everyone: defaults, groups: [], exemptions: [] }
    super(
      { ...components, versions: store.policies },
      {
        noun: 'policy',
        topic: 'policies',
        initial: { text: DEFAULT_POLICY_TEXT, document: { document, lineOf: () => undefined } },
        read: (text) => readPolicyFile(text, { defaults, attestEveryMs }),
        test: (proposed, { current, againstMs }) =>
          tryPolicy(components, { current: current.document, proposed, againstMs, validForMs }),
        objectionOf: ({ failsEveryDevice }) => failsEveryDevice,
        unlessForced: 'The policy in use stays. To set it nevertheless',
      },
    )
    this.#devices = store.policyDevices
  }

  override async current(): Promise<PolicyView> {
    const toAppraise = await this.#devices.outdated(this.version)
    return { ...(await super.current()), ...(toAppraise === 0 ? {} : { toAppraise }) }
  }

  policyOf(device: Device): Policy {
    return policyOf(this.document.document, device)
  }

  get shortestSilenceMs(): number {
    const { everyone, groups } = this.document.document
    const all = [everyone, ...groups.map(({ policy }) => policy)]
    return Math.min(...all.map(({ silentAfterMs = DEFAULT_SILENCE_MS }) => silentAfterMs))
  }

  weightOf(check: string): { readonly weight: Weight | 'off'; readonly differs: boolean } {
    const { everyone, groups } = this.document.document
    const weightIn = ({ checks }: Policy) => (Object.hasOwn(checks, check) ? checks[check] : undefined) ?? 'off'
    const weight = weightIn(everyone)
    return { weight, differs: groups.some(({ match, policy }) => match !== undefined && weightIn(policy) !== weight) }
  }
}
