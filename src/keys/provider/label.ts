/** A key's label is also a file's name and an object's name on a token. @throws TypeError: labels are our own. */
export function requireLabel(label: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(label)) throw new TypeError('a key label is a-z, 0-9 and hyphens, at most 64')
}
