/**
 * The `Date:` of an apt `Release` or `InRelease` file: when the archive was published. Milliseconds since 1970.
 *
 * @returns undefined when there is none before the list of files.
 */
export function parseReleaseDate(text: string): number | undefined {
  for (const line of text.split('\n')) {
    if (/^(?:MD5Sum|SHA1|SHA256|SHA512):/.test(line)) return undefined
    const [, date] = /^Date: (\w{3}, \d{1,2} \w{3} \d{4} +\d{1,2}:\d{2}:\d{2}) (?:UTC|GMT|\+0000)\s*$/.exec(line) ?? []
    if (date === undefined) continue
    const time = Date.parse(`${date} UTC`)
    return Number.isNaN(time) ? undefined : time
  }
  return undefined
}
