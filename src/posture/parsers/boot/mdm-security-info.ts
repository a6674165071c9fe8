import { type OpenStepDictionary, type OpenStepValue, parseOpenStep } from './openstep-text.ts'

/**
 * What `mdmclient QuerySecurityInfo` tells. Members are those of Apple's command SecurityInfo for device managements, and are not
 * translated. A member is absent where this Mac does not tell it.
 */
export interface MdmSecurityInfo {
  /** `full`, `medium`, `off`, or `not supported` on Macs without a T2 or Apple silicon. */
  readonly secureBootLevel?: string
  readonly authenticatedRoot?: boolean
  readonly systemIntegrity?: boolean
  readonly remoteDesktop?: boolean
}

/** @returns undefined when the answer of the daemon is not there or not understood. */
export function parseMdmSecurityInfo(stdout: string): MdmSecurityInfo | undefined {
  const text = /^Daemon response: (\{[\s\S]*?^\})/m.exec(stdout)?.[1]
  const info = memberOf(text === undefined ? undefined : parseOpenStep(text), 'SecurityInfo')
  if (!isDictionary(info)) return undefined
  return {
    ...named('secureBootLevel', textOf(memberOf(memberOf(info, 'SecureBoot'), 'SecureBootLevel'))),
    ...named('authenticatedRoot', flagOf(memberOf(info, 'AuthenticatedRootVolumeEnabled'))),
    ...named('systemIntegrity', flagOf(memberOf(info, 'SystemIntegrityProtectionEnabled'))),
    ...named('remoteDesktop', flagOf(memberOf(info, 'RemoteDesktopEnabled'))),
  }
}

function isDictionary(value: OpenStepValue | undefined): value is OpenStepDictionary {
  return typeof value === 'object' && !Array.isArray(value)
}

function memberOf(value: OpenStepValue | undefined, name: string): OpenStepValue | undefined {
  return isDictionary(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function textOf(value: OpenStepValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function flagOf(value: OpenStepValue | undefined): boolean | undefined {
  if (value === '1' || value === 'true') return true
  return value === '0' || value === 'false' ? false : undefined
}

function named<K extends string, V>(name: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in K]?: V })
}
