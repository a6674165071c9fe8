const ENFORCING = new Set(['enforce', 'kill'])
const OTHER = new Set(['complain', 'unconfined', 'mixed', 'prompt', 'user'])

/** Counts the lines of /sys/kernel/security/apparmor/profiles, such as `/usr/bin/man (enforce)`. */
export function parseAppArmorProfiles(
  text: string,
): { readonly enforcing: number; readonly other: number } | undefined {
  let enforcing = 0
  let other = 0
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, mode = ''] = / \(([a-z]+)\)$/.exec(line) ?? []
    if (ENFORCING.has(mode)) enforcing++
    else if (OTHER.has(mode)) other++
    else return undefined
  }
  return { enforcing, other }
}
