/** Who owns a device is a text. A person may be written in several ways. */

/** People by a user name, e-mail address or id. */
export interface NamedPeople {
  allNamed(
    named: string,
  ): readonly { readonly id: string; readonly userName: string; readonly email?: string | undefined }[]
}

/** Every text by which a device may name the owner that is meant: what was written, and each name of the person it names. */
export function ownerTexts(people: NamedPeople, owner: string): readonly string[] {
  const names = people
    .allNamed(owner)
    .flatMap(({ id, userName, email }) => [id, userName, ...(email === undefined ? [] : [email])])
  return [...new Set([owner, ...names])]
}
