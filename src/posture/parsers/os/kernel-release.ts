export interface KernelRelease {
  /** All numbers before the flavour, in order: 6, 12, 48, 13 of `6.12.48+deb13-amd64`. */
  readonly numbers: readonly number[]
  /** The rest, such as `amd64`, `generic` or `fc42.x86_64`. */
  readonly flavour: string
}

/** Marks of distributions before a number that counts up with updates. */
const VERSION = /^(\d+\.\d+(?:[._+~-](?:rc|deb|bpo|ubuntu|fc|el)?\d+)*)[-.+]?(.*)$/

/** @returns undefined for a release that does not begin with a version. */
export function parseKernelRelease(release: string): KernelRelease | undefined {
  if (!/^[\w.+~-]{1,128}$/.test(release)) return undefined
  const [, version, flavour] = VERSION.exec(release) ?? []
  if (version === undefined || flavour === undefined) return undefined
  return { numbers: [...version.matchAll(/\d+/g)].map(([digits]) => Number(digits)), flavour }
}
