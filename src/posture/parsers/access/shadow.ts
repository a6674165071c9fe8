const FIELDS = 9
const NAME = /^[^\s:+,#-][^\s:,]*$/

/**
 * The names of the accounts that need no password, from /etc/shadow. Hashes are dropped here. See shadow(5).
 *
 * @returns undefined when a line is not understood.
 */
export function parseShadowEmpty(text: string): ReadonlySet<string> | undefined {
  const empty = new Set<string>()
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const fields = line.split(':')
    const [name = '', password] = fields
    if (!NAME.test(name) || fields.length !== FIELDS) return undefined
    if (password === '') empty.add(name)
  }
  return empty
}
