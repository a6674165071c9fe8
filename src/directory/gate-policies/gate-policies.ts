import { SuretyError } from '../../base/errors.ts'
import type { CedarPolicy } from '../../cedar/cedar-policy.ts'
import { summaryOf } from '../../cedar/policy-summary.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { DEFAULT_GATE_TEXT } from '../../gate-policy/default-gate-policy.ts'
import { readGatePolicy } from '../../gate-policy/read-gate-policy.ts'
import { ACTION_KINDS } from '../../protocol/gate/action.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { GatePolicyDocument } from '../../protocol/messages/gate-policy.ts'
import type { GatePolicyTest, GatePolicyView } from '../../protocol/nouns/directory/gate-policy.ts'
import { type OfferedDocument, offeredDocument } from '../authority/offered-document.ts'
import type { TextVersion, VersionStore } from '../versions/version-store.ts'
import { StoredText, type StoredTextComponents, type VersionedText } from '../versions/versioned-text.ts'

export interface GatePoliciesComponents extends Omit<StoredTextComponents, 'versions' | 'store'> {
  readonly store: StoredTextComponents['store'] & { readonly gatePolicies: VersionStore }
  /** Signs with the order key: the policy changes what a device does, as an order does. */
  readonly sign: (kind: 'gate-policy', payload: GatePolicyDocument) => string
}

/** The policy of the gate in use and its history. Devices decide by it. Version 0 is not offered: they have a default of their own. */
export interface GatePolicies extends VersionedText<GatePolicyView, GatePolicyTest>, OfferedDocument {}

export async function gatePolicies(components: GatePoliciesComponents): Promise<GatePolicies> {
  const stored = new StoredGatePolicy(components)
  await stored.load()
  return stored
}

/** What the text says. That of the default is only read where somebody asks for it. */
type LazyTest = () => Promise<GatePolicyTest>

class StoredGatePolicy extends StoredText<'gate-policy', LazyTest, GatePolicyTest> implements GatePolicies {
  readonly #offered: OfferedDocument
  #document: { readonly of: TextVersion; readonly payload: GatePolicyDocument; readonly hash: string } | undefined

  constructor(components: GatePoliciesComponents) {
    super(
      { ...components, versions: components.store.gatePolicies },
      {
        noun: 'gate-policy',
        initial: { text: DEFAULT_GATE_TEXT, document: async () => testOf(await readGatePolicy(DEFAULT_GATE_TEXT)) },
        async read(text) {
          requireRoom(text)
          const test = testOf(await readGatePolicy(text))
          return async () => test
        },
        test: (proposed) => proposed(),
        objectionOf: ({ objection }) => objection,
        unlessForced: 'The policy of the gate in use stays. To set it nevertheless',
      },
    )
    this.#offered = offeredDocument(
      () => this.#current(),
      ({ payload }) => components.sign('gate-policy', payload),
    )
  }

  offer() {
    return this.#offered.offer()
  }

  compact(hash: string) {
    return this.#offered.compact(hash)
  }

  /** Hashed once for each version. */
  #current() {
    const { stored } = this
    if (stored === undefined) return undefined
    if (this.#document?.of !== stored) {
      const payload = documentOf(stored)
      this.#document = { of: stored, payload, hash: hashOfText(JSON.stringify(payload)) }
    }
    return { ...this.#document, version: stored.version }
  }
}

function documentOf({ version, text }: Pick<TextVersion, 'version' | 'text'>): GatePolicyDocument {
  return { schema: 'surety/gate-policy@1', version, text }
}

/** A control character takes six bytes in JSON. @throws `INPUT_TOO_LARGE`. */
function requireRoom(text: string): void {
  const bytes = Buffer.byteLength(JSON.stringify(documentOf({ version: Number.MAX_SAFE_INTEGER, text })))
  // Base64, with header and signature.
  if ((bytes * 4) / 3 + 256 <= LIMITS.gatePolicyBytes) return
  const most = `${LIMITS.gatePolicyBytes / 1024} KiB`
  throw new SuretyError('INPUT_TOO_LARGE', `the signed policy would have more than ${most}`)
}

function testOf(policy: CedarPolicy): GatePolicyTest {
  const summary = summaryOf(policy)
  const kinds: readonly string[] = ACTION_KINDS
  const unasked = policy.rules.flatMap(({ line, scope: { actions = [] } }) =>
    actions
      .filter((action) => !kinds.includes(action))
      .map((action) => `line ${line}: no agent asks for the action ${action}: actions are ${kinds.join(', ')}`),
  )
  return { ...summary, warnings: [...summary.warnings, ...unasked].slice(0, 100) }
}
