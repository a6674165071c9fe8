import type { Registry, RegistryKey } from './windows-facts.ts'

/** A program that extensions may speak to, as the registry of Windows names its manifest. */
export interface RegisteredHost {
  readonly family: 'chromium' | 'firefox'
  readonly name: string
  /** As the registry has it. */
  readonly path: string
}

export interface RegisteredHosts {
  readonly hosts: readonly RegisteredHost[]
  readonly failures: readonly {
    readonly family: RegisteredHost['family']
    readonly key: string
    readonly error: unknown
  }[]
}

/** Browsers of the Chromium family also look at the keys of Chrome. Whose extension it is, its id says. */
const VENDORS: readonly (readonly [family: RegisteredHost['family'], vendor: string])[] = [
  ['chromium', 'Google\\Chrome'],
  ['chromium', 'Chromium'],
  ['chromium', 'Microsoft\\Edge'],
  ['firefox', 'Mozilla'],
]
const MAX_HOSTS = 200

/**
 * The native messaging hosts of a user, then those of the machine. The registry holds one key a program, whose default value is the path
 * of its manifest. See developer.chrome.com and developer.mozilla.org, "Native messaging".
 */
export function registeredMessagingHosts(registry: Registry, userId: string): RegisteredHosts {
  const hosts: RegisteredHost[] = []
  const failures: RegisteredHosts['failures'][number][] = []
  const roots = [`HKU\\${userId}\\Software`, 'HKLM\\SOFTWARE\\WOW6432Node', 'HKLM\\SOFTWARE'] as const
  for (const [family, vendor] of VENDORS) {
    const fail = (key: string, error: unknown) => failures.push({ family, key, error })
    for (const root of roots) {
      const key: RegistryKey = `${root}\\${vendor}\\NativeMessagingHosts`
      let names: readonly string[] = []
      try {
        names = registry.keys(key) ?? []
      } catch (error) {
        fail(key, error)
      }
      for (const name of names) {
        if (hosts.length >= MAX_HOSTS) return { hosts, failures }
        try {
          const path = registry.text(`${key}\\${name}`, '')
          if (path !== undefined && path !== '') hosts.push({ family, name, path })
        } catch (error) {
          fail(`${key}\\${name}`, error)
        }
      }
    }
  }
  return { hosts, failures }
}
