import type { Check, FindingState } from '../protocol/finding.ts'
import { checkText, isCheck, type Language } from './check-catalogue.ts'

/** What is wrong when a check fails, in a few words. The title of a check says what holds when it passes. */
const PROBLEMS: Readonly<Record<Language, Readonly<Record<Check, string>>>> = {
  en: {
    'disk.root-encrypted': 'The system disk is not encrypted',
    'disk.fixed-encrypted': 'A built-in disk or the swap is not encrypted',
    'boot.secure-boot': 'Secure Boot is off',
    'boot.setup-mode': 'The firmware has no Secure Boot keys',
    'boot.kernel-lockdown': 'The kernel is not locked down',
    'boot.system-integrity': 'System Integrity Protection is off',
    'tpm.present': 'No TPM 2.0 was found',
    'os.supported': 'This system gets no more updates',
    'os.security-updates': 'Security updates wait to be installed',
    'os.automatic-updates': 'Security updates do not install by themselves',
    'os.reboot-pending': 'An update waits for a restart',
    'os.memory-integrity': 'Memory integrity is off',
    'os.application-origin': 'Programs from elsewhere are not checked',
    'protection.antivirus': 'No up-to-date antivirus program runs',
    'network.firewall': 'The firewall is off',
    'network.smb1': 'A server speaks the unsafe SMB 1',
    'access.mandatory-access-control': 'The system does not confine programs',
    'access.ssh-root-login': 'Root can log in over SSH with a password',
    'access.administrators': 'An administrator has no password, or root has a second name',
    'access.elevation': 'Becoming an administrator takes no password',
    'access.guest-account': 'Guests can use this device',
    'access.automatic-login': 'This device logs in without a password',
    'access.remote-login': 'Others can log in from the network with a password',
    'access.credential-guard': 'Credential Guard is off',
    'session.screen-lock': 'The screen does not lock by itself',
    'management.mdm': 'This device has no device management',
    'enforcement.freeze': 'Agents on this device cannot be stopped',
  },
  de: {
    'disk.root-encrypted': 'Die Systemplatte ist nicht verschlüsselt',
    'disk.fixed-encrypted': 'Eine eingebaute Platte oder der Swap ist nicht verschlüsselt',
    'boot.secure-boot': 'Secure Boot ist ausgeschaltet',
    'boot.setup-mode': 'Der Firmware fehlen die Secure-Boot-Schlüssel',
    'boot.kernel-lockdown': 'Der Kernel ist nicht gesperrt (Lockdown)',
    'boot.system-integrity': 'Der Systemintegritätsschutz ist ausgeschaltet',
    'tpm.present': 'Kein TPM 2.0 gefunden',
    'os.supported': 'Dieses System bekommt keine Updates mehr',
    'os.security-updates': 'Sicherheitsupdates sind nicht installiert',
    'os.automatic-updates': 'Sicherheitsupdates werden nicht automatisch installiert',
    'os.reboot-pending': 'Ein Update wartet auf einen Neustart',
    'os.memory-integrity': 'Die Speicherintegrität ist ausgeschaltet',
    'os.application-origin': 'Fremde Programme werden vor dem Start nicht geprüft',
    'protection.antivirus': 'Kein aktueller Virenschutz läuft',
    'network.firewall': 'Die Firewall ist ausgeschaltet',
    'network.smb1': 'Ein Server spricht das unsichere SMB 1',
    'access.mandatory-access-control': 'Das System schränkt Programme nicht ein',
    'access.ssh-root-login': 'Root kann sich mit Passwort über SSH anmelden',
    'access.administrators': 'Ein Administrator hat kein Passwort, oder root hat einen zweiten Namen',
    'access.elevation': 'Administrator wird man hier ohne Passwort',
    'access.guest-account': 'Gäste können dieses Gerät benutzen',
    'access.automatic-login': 'Dieses Gerät meldet ohne Passwort an',
    'access.remote-login': 'Andere können sich aus dem Netz mit Passwort anmelden',
    'access.credential-guard': 'Credential Guard ist ausgeschaltet',
    'session.screen-lock': 'Der Bildschirm sperrt sich nicht selbst',
    'management.mdm': 'Dieses Gerät hat keine Geräteverwaltung',
    'enforcement.freeze': 'Agenten auf diesem Gerät lassen sich nicht anhalten',
  },
}

const NOT_CHECKED: Readonly<Record<Language, string>> = { en: 'Could not check', de: 'Nicht prüfbar' }

/** What the state of a check means, in a few words. Undefined for a check of another version. */
export function headlineOf(check: string, state: FindingState, language: Language): string | undefined {
  if (!isCheck(check)) return undefined
  if (state === 'fail') return PROBLEMS[language][check]
  const { title } = checkText(check, language)
  return state === 'unknown' ? `${NOT_CHECKED[language]}: ${title}` : title
}
