/** Words for people in answers and help. */

/** How a person may be named wherever a command takes one. */
export const PERSON = 'user name, e-mail address, id, or at least eight characters of its beginning'

/** How a device may be named wherever a command takes one. */
export const DEVICE = 'id, at least eight characters of its beginning, host name, serial number or owner'

/** `2026-12-02 06:28:40Z`, for a person. */
export function timeInWords(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}

/** `5,002`. */
export function counted(count: number): string {
  return count.toLocaleString('en-US')
}
