import type { CedarPolicy } from '../../cedar/cedar-policy.ts'
import { hashOfText } from '../../crypto/hash.ts'
import type { AccessTest, AccessView } from '../../protocol/nouns/directory/access.ts'
import { DEFAULT_ACCESS_TEXT } from '../access-policy/default-policy.ts'
import { readAccessPolicy } from '../access-policy/read-access-policy.ts'
import type { VersionStore } from '../versions/version-store.ts'
import { StoredText, type StoredTextComponents, type VersionedText } from '../versions/versioned-text.ts'
import type { AccessInUse } from './evaluation.ts'
import { objectionTo, type TrialComponents, tryAccess } from './trial.ts'

export interface AccessPoliciesComponents
  extends Omit<StoredTextComponents, 'versions' | 'store' | 'clock'>,
    TrialComponents {
  readonly store: StoredTextComponents['store'] & TrialComponents['store'] & { readonly accessPolicies: VersionStore }
}

/** The access policy in use and its history. */
export interface AccessPolicies extends VersionedText<AccessView, AccessTest>, AccessInUse {}

export async function accessPolicies(components: AccessPoliciesComponents): Promise<AccessPolicies> {
  const stored = new StoredAccess(components)
  await stored.load()
  return stored
}

type LazyPolicy = () => Promise<CedarPolicy>

class StoredAccess extends StoredText<'access', LazyPolicy, AccessTest> implements AccessPolicies {
  readonly #initialHash = hashOfText(DEFAULT_ACCESS_TEXT)

  constructor(components: AccessPoliciesComponents) {
    let initial: Promise<CedarPolicy> | undefined
    const document = () => {
      initial ??= readAccessPolicy(DEFAULT_ACCESS_TEXT)
      return initial
    }
    super(
      { ...components, versions: components.store.accessPolicies },
      {
        noun: 'access',
        initial: { text: DEFAULT_ACCESS_TEXT, document },
        async read(text) {
          const policy = await readAccessPolicy(text)
          return async () => policy
        },
        test: async (proposed, { current, againstMs }) =>
          tryAccess(components, await proposed(), { current: await current(), againstMs }),
        objectionOf: objectionTo,
        unlessForced: 'The access policy in use stays. To set it nevertheless',
      },
    )
  }

  policy(): Promise<CedarPolicy> {
    return this.document()
  }

  get inUse(): { readonly version: number; readonly hash: string } {
    return { version: this.version, hash: this.stored?.hash ?? this.#initialHash }
  }
}
