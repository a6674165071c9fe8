import type { HumanOrigin } from '../../protocol/nouns/people/people.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** A group of humans. Groups of the policy hold devices and are another thing. */
export interface Group {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly externalId?: string | undefined
  readonly origin: HumanOrigin
  readonly version: number
  readonly createdAt: number
  readonly changedAt: number
  readonly deletedAt?: number | undefined
}

export type NewGroup = Omit<Group, 'number' | 'version' | 'changedAt' | 'deletedAt'>

/** All questions except `get` leave deleted groups out. */
export interface GroupStore {
  get(id: string): Promise<Group | undefined>
  byName(name: string): Promise<Group | undefined>
  byExternalId(externalId: string): Promise<Group | undefined>
  /** @throws `CONFLICT`, `INPUT_MALFORMED`. */
  put(group: NewGroup): Promise<Group>
  /** Stores name, external id and end, and raises the version. @throws `CONFLICT`, `INPUT_MALFORMED`, `VERSION_STALE`, `NOT_FOUND`. */
  update(group: Group, options?: { readonly expectVersion?: number | undefined }): Promise<Group>
  /** Ids in order. */
  membersOf(
    group: string,
    page?: { readonly after?: string | undefined; readonly limit?: number | undefined },
  ): Promise<string[]>
  has(group: string, human: string): Promise<boolean>
  /** Whether a stop in force selects the group. */
  isStopped(group: string): Promise<boolean>
  /** Does not raise the version. @returns whether it was not a member. */
  addMember(group: string, human: string): Promise<boolean>
  /** @returns whether it was a member. */
  removeMember(group: string, human: string): Promise<boolean>
  list(request: ListRequest): Promise<Listed<Group>>
}
