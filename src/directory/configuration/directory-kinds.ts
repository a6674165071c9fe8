import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { faultOf } from '../../base/schema.ts'
import { isSecretAddress } from '../../discovery/redaction/secret-shape.ts'
import { ADMINISTRATOR_ROLES, SERVICE_SCOPES, type TokenKind } from '../../protocol/noun/permissions.ts'
import { webhookUrlSchema } from '../../protocol/nouns/directory/webhooks.ts'
import { principalNameSchema } from '../../protocol/nouns/people/principals.ts'
import type { AccessPolicies } from '../access/access-policies.ts'
import type { GatePolicies } from '../gate-policies/gate-policies.ts'
import type { Policies } from '../policy-versions/policies.ts'
import type { Principals } from '../principals/principals.ts'
import type { Rules } from '../rule-versions/rules.ts'
import type { WebhookStore } from '../webhooks/webhook-store.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { type Act, type Kind, kindOf, type Present, sorted } from './kind.ts'

/** Who uses the directory, what it tells others, and what it asks of devices and agents. */

export type DirectoryKindsComponents = PrincipalKindsComponents & WebhookKindComponents & TextKindsComponents

export function directoryKinds(components: DirectoryKindsComponents): readonly Kind[] {
  return [...principalKinds(components), webhookKind(components), ...textKinds(components)]
}

interface PrincipalKindsComponents {
  readonly principals: Principals
}

/** Administrators and services with their roles. Tokens are in no document. */
function principalKinds({ principals }: PrincipalKindsComponents): readonly Kind[] {
  const present = async <S extends { readonly [name: string]: unknown }>(
    kind: TokenKind,
    specOf: (role: string) => S,
  ) => {
    const items: Present<S>[] = []
    for (const { id, name, role } of await principals.list(kind))
      items.push({ key: keyOf(name), name, id, spec: specOf(role) })
    return { items, leftOut: [] }
  }
  const common = (kind: TokenKind) => ({
    reads: 'view-principals' as const,
    changes: 'change-principals' as const,
    keyOf,
    async remove({ name, id }: { readonly name: string; readonly id: string }, { by }: Act) {
      if (id === by.id) throw own(name, 'would be revoked')
      await principals.revoke(kind, name, by.id)
    },
    removal: { verb: 'revoke', result: 'its token is valid no longer' },
  })
  return [
    kindOf('administrator', {
      ...common('administrator'),
      read: () => present('administrator', (role) => ({ role: among(ADMINISTRATOR_ROLES, role) })),
      normal: async (_name, spec) => spec,
      addedBy: (name, { role }) => `surety-directory administrators add ${name} --role ${role} --out FILE`,
      async change({ name, id }, { role }, _changed, { by }) {
        if (id === by.id) throw own(name, 'would get another role')
        await principals.setRole(name, role, by.id)
      },
    }),
    kindOf('service', {
      ...common('service'),
      read: () => present('service', (scope) => ({ scope: among(SERVICE_SCOPES, scope) })),
      normal: async (_name, spec) => spec,
      addedBy: (name, { scope }) => `surety-directory services add ${name} --scope ${scope} --out FILE`,
      async change({ name }, { scope }) {
        const add = `surety-directory services add ${name} --scope ${scope} --out FILE`
        throw new SuretyError(
          'CONFLICT',
          `a service keeps its scope: surety-directory services revoke ${name}, then ${add}`,
        )
      },
    }),
  ]
}

/** @throws `INPUT_MALFORMED`. */
function keyOf(name: string): string {
  const fault = faultOf(principalNameSchema, name)
  if (fault === undefined) return name.toLowerCase()
  const wanted = 'letters, digits and . @ + -, at most 64, beginning with a letter or a digit'
  throw new SuretyError('INPUT_MALFORMED', `an administrator or a service has a name of ${wanted}`)
}

function own(name: string, what: string): SuretyError {
  return new SuretyError('CONFLICT', `${name}, who applies this, ${what}: let another administrator apply it`)
}

function among<const W extends string>(words: readonly W[], word: string): W {
  const found = words.find((one) => one === word)
  if (found === undefined) throw new TypeError(`a stored principal has the role ${word}`)
  return found
}

interface WebhookKindComponents {
  readonly store: { readonly webhooks: Pick<WebhookStore, 'list'> }
  readonly webhooks: Webhooks
}

/** Webhooks by their address. Secrets are in no document. */
function webhookKind({ store, webhooks }: WebhookKindComponents): Kind {
  return kindOf('webhook', {
    reads: 'configure',
    changes: 'configure',
    keyOf(url) {
      if (faultOf(webhookUrlSchema, url) === undefined) return url
      throw new SuretyError('INPUT_MALFORMED', 'a webhook is named by its address: https://HOST/PATH')
    },
    read: async () => ({
      items: (await store.webhooks.list()).map(({ id, url, events, ca }) => ({
        key: url,
        name: url,
        id,
        spec: { events: sorted(events), ...member('ca', ca) },
        ...(isSecretAddress(url) || url.includes('?') ? { leftOut: 'their address may hold a secret' } : {}),
      })),
      leftOut: [],
    }),
    normal: async (_url, { events, ca }) => ({
      events: events.includes('*') ? ['*'] : sorted(events),
      ...member('ca', ca),
    }),
    // Not the text of the document: a person may paste this into a shell.
    addedBy: () => 'surety-directory webhooks add URL --events EVENTS --out FILE',
    async change({ id }, { events, ca = null }, _changed, { by }) {
      await webhooks.change(id, { events, ca }, by.id)
    },
    async remove({ id }, { by }) {
      await webhooks.remove(id, by.id)
    },
    removal: { verb: 'remove' },
  })
}

interface TextKindsComponents {
  readonly policies: Pick<Policies, 'current' | 'propose'>
  readonly rules: Pick<Rules, 'current' | 'propose'>
  readonly access: Pick<AccessPolicies, 'current' | 'propose'>
  readonly gatePolicies: Pick<GatePolicies, 'current' | 'propose'>
}

/** The policy, the rules, the access policy and the policy of the gate: there is one of each, with versions. */
function textKinds({ policies, rules, access, gatePolicies }: TextKindsComponents): readonly Kind[] {
  const common = (
    kind: 'policy' | 'rules' | 'access-policy' | 'gate-policy',
    texts: Pick<Policies, 'propose'>,
    textInUse: () => Promise<string>,
  ) => ({
    reads: 'view' as const,
    changes: 'configure' as const,
    keyOf(name: string) {
      if (name === kind) return kind
      throw new SuretyError('INPUT_MALFORMED', `there is one ${kind}, and its name is ${kind}`)
    },
    read: async () => ({
      items: [{ key: kind, name: kind, id: kind, spec: { text: await textInUse() } }],
      leftOut: [],
    }),
    normal: async (_name: string, spec: { text: string }) => spec,
    propose: ({ text }: { readonly text: string }, options: { readonly force: boolean }) =>
      texts.propose(text, options),
  })
  return [
    kindOf(
      'policy',
      common('policy', policies, async () => (await policies.current()).policy),
    ),
    kindOf(
      'rules',
      common('rules', rules, async () => (await rules.current()).rules),
    ),
    kindOf(
      'access-policy',
      common('access-policy', access, async () => (await access.current()).access),
    ),
    kindOf(
      'gate-policy',
      common('gate-policy', gatePolicies, async () => (await gatePolicies.current()).gatePolicy),
    ),
  ]
}
