import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import type { Random } from '../../protocol/ids.ts'
import type { AdministratorRole, Principal } from '../../protocol/noun/permissions.ts'
import { INVITATION_PAGE } from '../../protocol/nouns/people/sign-in.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { storedHuman } from '../humans/humans.ts'
import type { Principals } from '../principals/principals.ts'
import type { Invitation, SignInStore } from './sign-in-store.ts'
import { principalOfSubject, type SubjectStore } from './subjects.ts'

/** Links by which people enrol their first passkey, or another one. A link is for one passkey, and only its newest one works. */

export interface InvitationsComponents
  extends ActComponents<
    SubjectStore & { readonly signIn: SignInStore; readonly humans: Pick<HumanStore, 'get' | 'allNamed'> }
  > {
  readonly random: Random
  readonly principals: Pick<Principals, 'addWithoutToken'>
}

/** The link is in memory only: the caller hands it to its person. */
export interface NewInvitation {
  readonly subject: string
  readonly name: string
  readonly link: string
  readonly expiresAt: number
}

export interface Invitations {
  /**
   * @param role adds the administrator if there is none of this name. They get no token.
   * @throws `NOT_FOUND` without a role; `CONFLICT` if there is one with another role, or one past their end.
   */
  inviteAdministrator(
    who: { readonly name: string; readonly role?: AdministratorRole | undefined },
    by: Principal,
  ): Promise<NewInvitation>
  /** @throws `NOT_FOUND`; `CONFLICT` for a person who has left. */
  invitePerson(id: string, by: Principal): Promise<NewInvitation>
  /** As whom the link enrols a passkey. @throws `NOT_PERMITTED` for a link that was used, replaced, is over, or never was. */
  opened(secret: string): Promise<Invitation & { readonly principal: Principal }>
}

const SECRET_BYTES = 32
const PREFIX = 'surety_inv_'
export const INVITATION_TTL_MS = 24 * 3_600_000

/** @param origin of the console's pages. */
export function invitations(components: InvitationsComponents, origin: () => string): Invitations {
  const { store, clock, principals } = components
  const invite = async ({ id, name }: { readonly id: string; readonly name: string }, actor: string) => {
    const invitation = newInvitation(components, { subject: id, createdBy: actor })
    await store.signIn.invitations.put(invitation.stored)
    const { createdAt: at, endsAt: expiresAt } = invitation.stored
    await store.audit.add({ at, actor, act: 'invited', subject: id, details: { name, expiresAt } })
    return { subject: id, name, link: linkOf(origin(), invitation.secret), expiresAt }
  }
  return {
    inviteAdministrator: ({ name, role }, by) =>
      store.transaction(async () => {
        const present = (await store.principals.list()).find(
          (one) => one.kind === 'administrator' && one.name.toLowerCase() === name.toLowerCase(),
        )
        if (present === undefined) {
          if (role === undefined)
            throw new SuretyError('NOT_FOUND', `there is no administrator named ${name}: give a role to add one`)
          return invite(await principals.addWithoutToken({ name, role }, by.id), by.id)
        }
        if (role !== undefined && role !== present.role) {
          throw new SuretyError(
            'CONFLICT',
            `${present.name} has the role ${present.role}: change it first, or leave the role out`,
          )
        }
        if ((await principalOfSubject(store, present.id, clock.now())) === undefined) {
          throw new SuretyError(
            'CONFLICT',
            `the time of ${present.name} is over: rotate the token, or revoke and invite again`,
          )
        }
        return invite(present, by.id)
      }),
    invitePerson: (human, by) =>
      store.transaction(async () => {
        const { id, userName, status } = await storedHuman(store.humans, human)
        if (status !== 'active') throw new SuretyError('CONFLICT', `${userName} is deactivated: reactivate them first`)
        return invite({ id, name: userName }, by.id)
      }),
    async opened(secret) {
      const hash = hashOf(secret)
      const found = hash === undefined ? undefined : await store.signIn.invitations.withSecret(hash)
      const now = clock.now()
      if (found === undefined || found.endsAt <= now) throw notValid()
      const principal = await principalOfSubject(store, found.subject, now)
      if (principal === undefined) throw notValid()
      return { ...found, principal }
    },
  }
}

export function newInvitation(
  { clock, random }: Pick<InvitationsComponents, 'clock' | 'random'>,
  { subject, createdBy }: Pick<Invitation, 'subject' | 'createdBy'>,
): { readonly secret: string; readonly stored: Invitation } {
  const secret = random(SECRET_BYTES)
  const createdAt = clock.now()
  const stored = { subject, createdBy, secretHash: sha256(secret), createdAt, endsAt: createdAt + INVITATION_TTL_MS }
  return { secret: `${PREFIX}${toBase64Url(secret)}`, stored }
}

export function linkOf(origin: string, secret: string): string {
  return `${origin}${INVITATION_PAGE}#${secret}`
}

function hashOf(secret: string): Uint8Array | undefined {
  const bytes = secret.startsWith(PREFIX) ? fromBase64Url(secret.slice(PREFIX.length)) : undefined
  return bytes?.length === SECRET_BYTES ? sha256(bytes) : undefined
}

function notValid(): SuretyError {
  return new SuretyError(
    'NOT_PERMITTED',
    'this link was used, has been replaced by a newer one, or is over: ask an administrator for another one',
  )
}
