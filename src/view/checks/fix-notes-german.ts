import type { Check } from '../../checks/checks.ts'
import { type Language, whyPersonInGerman } from './check-catalogue.ts'

/** German for what `surety fix` changes, and why it may not. JSON documents keep the English texts. */
const GERMAN_NOTES: Readonly<Record<string, string>> = {
  'sets GNOME to lock your screen after 10 minutes, with your password to unlock':
    'stellt GNOME so ein, dass der Bildschirm nach 10 Minuten sperrt und Ihr Passwort verlangt.',
  'it is a setting of each user; run surety fix without sudo':
    'es ist eine Einstellung jedes Benutzers: Rufen Sie surety fix ohne sudo auf.',
  'surety changes it only in a session of GNOME': 'surety ändert es nur in einer Sitzung von GNOME.',
  '/usr/bin/gsettings is not installed': '/usr/bin/gsettings ist nicht installiert.',
  '/usr/bin/apt-get is not installed': '/usr/bin/apt-get ist nicht installiert.',
  'installs the package unattended-upgrades, and what it needs, from the sources of apt':
    'installiert das Paket unattended-upgrades, und was es braucht, aus den Quellen von apt.',
  'writes /etc/apt/apt.conf.d/52surety-automatic-updates, so that apt fetches package lists and installs security updates each day':
    'schreibt /etc/apt/apt.conf.d/52surety-automatic-updates: apt holt dann täglich Paketlisten und Sicherheitsupdates.',
  'surety changes this only on Debian and its relatives': 'surety ändert das nur auf Debian und seinen Verwandten.',
  'only root may change it; run: sudo surety fix os.automatic-updates --yes':
    'nur root darf es ändern: sudo surety fix os.automatic-updates --yes',
}

/** A note without a German text, such as an error of the system, stays as it is. */
export function fixNoteIn(language: Language, note: string, check: Check): string {
  return language === 'de' ? (whyPersonInGerman(check, note) ?? GERMAN_NOTES[note] ?? note) : note
}
