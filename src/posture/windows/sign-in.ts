import type { RegistryKey } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, fail, pass, unknown } from '../check-outcome.ts'
import type { PostureComponents } from '../components.ts'
import { parseSshdConfig } from '../parsers/access/sshd-config.ts'
import { readOptional } from '../read-optional.ts'
import { firstNumber, isServiceRunning, serviceStart, type WindowsCheck } from './windows-check.ts'

const SYSTEM_POLICY: RegistryKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System'
const WINLOGON: RegistryKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon'

/** `access.elevation`: User Account Control is on and asks administrators before a program gets their rights. */
export const checkElevation: WindowsCheck = ({ registry }) => {
  const isOn = registry.number(SYSTEM_POLICY, 'EnableLUA')
  if (isOn === undefined) return unknown('Windows does not say whether User Account Control is on')
  if (isOn === 0) return fail('User Account Control is off: programs of administrators get all rights.')
  // Windows asks for consent for programs of others unless the value says otherwise.
  const prompt = registry.number(SYSTEM_POLICY, 'ConsentPromptBehaviorAdmin') ?? 5
  if (prompt === 0) return fail('User Account Control gives administrators all rights without asking.')
  if (prompt > 5) return unknown(`User Account Control is set to a value not known (${prompt})`)
  const isDimmed = registry.number(SYSTEM_POLICY, 'PromptOnSecureDesktop') !== 0
  return pass(
    `User Account Control asks before a program gets the rights of an administrator${isDimmed ? '' : ', but on the desktop where programs can answer'}.`,
  )
}

/** `access.automatic-login`: Winlogon asks who logs in. */
export const checkAutomaticLogin: WindowsCheck = ({ registry }) => {
  if (registry.keys(WINLOGON) === undefined) return unknown('the settings of the log-in are not there')
  const value = registry.text(WINLOGON, 'AutoAdminLogon') ?? '0'
  if (!/^\d{1,3}$/.test(value)) return unknown('the setting of the automatic log-in has a form not known')
  if (Number(value) === 0) return pass('No account is logged in automatically.')
  const name = registry.text(WINLOGON, 'DefaultUserName')
  return fail(`Windows logs in without asking${name === undefined || name === '' ? '' : `: ${name}`}.`)
}

const TERMINAL_SERVER: RegistryKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server'
const TERMINAL_POLICY: RegistryKey = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services'

/** `access.remote-login`: Remote Desktop is off, and no OpenSSH server runs. Other servers are not looked for. */
export const checkRemoteLogin: WindowsCheck = async (facts, context) => {
  // Remote Desktop is off unless this value says 0.
  const denied = firstNumber(facts, [TERMINAL_POLICY, TERMINAL_SERVER], 'fDenyTSConnections')
  if (denied === undefined) return unknown('Windows does not say whether Remote Desktop is on')
  if (denied === 0) {
    const keys: readonly RegistryKey[] = [TERMINAL_POLICY, `${TERMINAL_SERVER}\\WinStations\\RDP-Tcp`]
    const isEarly = firstNumber(facts, keys, 'UserAuthentication') === 1
    return fail(
      `Remote Desktop is on: passwords can be guessed from the network${isEarly ? '' : ', and it shows its screen before it asks for one'}.`,
    )
  }
  if (serviceStart(facts, 'sshd') === 'absent') {
    return pass('Remote Desktop is off, and the OpenSSH server is not installed. Other servers are not looked for.')
  }
  switch (await isServiceRunning(facts, 'sshd', context)) {
    case true:
      return await sshOutcome(context.components)
    case false:
      return pass('Remote Desktop is off, and the OpenSSH server does not run. Other servers are not looked for.')
    case undefined:
      return unknown('Windows does not say whether the OpenSSH server runs')
  }
}

/** Only administrators may write there. */
const SSHD_CONFIG = 'C:/ProgramData/ssh/sshd_config'
/** Both open a session with a password, and are on unless they are switched off. */
const PASSWORDS = ['passwordauthentication', 'kbdinteractiveauthentication'] as const

/** The first line of a keyword wins, as in sshd; what holds for some connections alone is behind the first Match. */
async function sshOutcome({ files }: Pick<PostureComponents, 'files'>): Promise<CheckOutcome> {
  const text = await readOptional(files, SSHD_CONFIG)
  const directives = text === undefined ? undefined : parseSshdConfig(text)
  if (directives === undefined) return unknown('the OpenSSH server runs, and its settings were not understood')
  const firstMatch = directives.findIndex(({ keyword }) => keyword === 'match')
  const general = firstMatch === -1 ? directives : directives.slice(0, firstMatch)
  const values = PASSWORDS.map((name) => general.find(({ keyword }) => keyword === name)?.words[0]?.toLowerCase())
  if (directives.some(({ keyword }) => keyword === 'include')) {
    return unknown('the settings of the OpenSSH server include other files, which this check does not read')
  }
  return values.every((value) => value === 'no')
    ? pass('Remote Desktop is off, and the OpenSSH server accepts keys, not passwords. Match blocks are not read.')
    : fail('The OpenSSH server accepts passwords, which can be guessed from the network.')
}
