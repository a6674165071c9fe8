import type { HumanOrigin, HumanStatus } from '../../protocol/nouns/people/people.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** A human as stored. Names are as given; the store compares them by `foldName`. */
export interface Human {
  readonly id: string
  /** In the order of creation. */
  readonly number: number
  readonly userName: string
  readonly displayName: string
  readonly email?: string | undefined
  /** The id at the identity provider. */
  readonly externalId?: string | undefined
  readonly status: HumanStatus
  /** Id of a human. */
  readonly manager?: string | undefined
  readonly origin: HumanOrigin
  /** Rises with each change. */
  readonly version: number
  readonly createdAt: number
  readonly changedAt: number
  readonly deactivatedAt?: number | undefined
  /** The identity provider deleted it: the row stays, its names are free again. */
  readonly deletedAt?: number | undefined
  /** Further SCIM attributes. */
  readonly scim: object
}

export type NewHuman = Omit<Human, 'number' | 'version' | 'changedAt' | 'deletedAt'>

export interface HumansPage {
  readonly after?: number | undefined
  readonly limit: number
}

/** All questions except `get` leave deleted humans out. */
export interface HumanStore {
  get(id: string): Promise<Human | undefined>
  byName(userName: string): Promise<Human | undefined>
  /** The one human with this address. Of several, the only active one, or else none. */
  byEmail(email: string): Promise<Human | undefined>
  byExternalId(externalId: string): Promise<Human | undefined>
  /** All whom an id, a user name or an e-mail address names: most often one. An active human comes before a deactivated one. */
  allNamed(text: string): Promise<readonly Human[]>
  /** The human whom people and owners of devices call by this id, user name or e-mail address. None if it names several. */
  named(text: string): Promise<Human | undefined>
  /** Humans with another user name that looks the same, at most a few. */
  lookingLike(userName: string): Promise<readonly Human[]>
  /** @throws `CONFLICT` for an id, user name or external id in use; `INPUT_MALFORMED` for a name that cannot be folded. */
  put(human: NewHuman): Promise<Human>
  /**
   * Stores everything but id, number, origin and creation, and raises the version.
   *
   * @throws as `put`; `VERSION_STALE` if the stored version is another than expected; `NOT_FOUND`.
   */
  update(human: Human, options?: { readonly expectVersion?: number | undefined }): Promise<Human>
  /** In the order of numbers. */
  page(page: HumansPage): Promise<readonly Human[]>
  list(request: ListRequest): Promise<Listed<Human>>
  /** Ids of the groups with this human. A deleted group has no members. */
  groupsOf(human: string): Promise<string[]>
  /** Humans by status. Kept, not counted. */
  counts(): Promise<Readonly<Record<HumanStatus, number>>>
  /** Active humans that were made after this time. */
  newCount(after: number): Promise<number>
}
