import { printable } from '../base/text/printable.ts'
import type { Status } from '../protocol/messages/control.ts'
import type { Language } from './checks/check-catalogue.ts'

/** Health warnings for the person at the device. The remedies of the daemon are for those who administer it. */

/**
 * Who can end a warning. `directory`: only its administrators, who see it there. `enrolment`: it only says once more that the device
 * is not enrolled.
 */
export type Mender = 'user' | 'support' | 'directory' | 'enrolment'

interface HealthText extends Readonly<Record<Language, string>> {
  readonly by: Mender
}

const UNWRITABLE = {
  by: 'user',
  en: 'Surety cannot write to the disk. Free some space.',
  de: 'Surety kann nicht auf die Platte schreiben. Schaffen Sie Platz.',
} as const

const ELSEWHERE = { by: 'directory', en: '', de: '' } as const

/** By code. Texts of `directory` and `enrolment` are not shown. */
export const HEALTH_TEXTS: Readonly<Record<string, HealthText>> = {
  KEYS_UNAVAILABLE: {
    by: 'support',
    en: 'The key of this device cannot be used.',
    de: 'Der Schlüssel dieses Geräts ist nicht benutzbar.',
  },
  TPM_BUSY: {
    by: 'support',
    en: 'Another program keeps the TPM of this device busy.',
    de: 'Ein anderes Programm belegt das TPM dieses Geräts.',
  },
  TPM_GONE: {
    by: 'support',
    en: 'The TPM of this device does not answer.',
    de: 'Das TPM dieses Geräts antwortet nicht.',
  },
  TPM_LOCKED_OUT: {
    by: 'support',
    en: 'The TPM of this device is locked.',
    de: 'Das TPM dieses Geräts ist gesperrt.',
  },
  KEYS_CHANGED: {
    by: 'support',
    en: 'The key of this device was replaced. It has to be enrolled again.',
    de: 'Der Schlüssel dieses Geräts wurde ersetzt. Es muss neu angemeldet werden.',
  },
  KEYS_DAMAGED: {
    by: 'support',
    en: 'The key of this device is damaged.',
    de: 'Der Schlüssel dieses Geräts ist beschädigt.',
  },
  STATE_DAMAGED: {
    by: 'support',
    en: 'A file of Surety was damaged.',
    de: 'Eine Datei von Surety wurde beschädigt.',
  },
  STATE_UNAVAILABLE: UNWRITABLE,
  SPOOL_FAILED: UNWRITABLE,
  SPOOL_FULL: {
    by: 'user',
    en: 'This device was offline for very long. Connect to the network of your company.',
    de: 'Dieses Gerät war sehr lange offline. Verbinden Sie sich mit dem Netz Ihrer Firma.',
  },
  EVIDENCE_FAILED: {
    by: 'support',
    en: 'Surety cannot report the state of this device.',
    de: 'Surety kann den Zustand dieses Geräts nicht melden.',
  },
  CHAIN_FORKED: {
    by: 'support',
    en: 'This device was restored or copied. It has to be enrolled again.',
    de: 'Dieses Gerät wurde zurückgesetzt oder kopiert. Es muss neu angemeldet werden.',
  },
  CLOCK_OFF: {
    by: 'user',
    en: 'The clock of this device is wrong. Set it to the right time.',
    de: 'Die Uhr dieses Geräts geht falsch. Stellen Sie sie richtig.',
  },
  ENROLMENT_FAILED: {
    by: 'support',
    en: 'This device could not be enrolled.',
    de: 'Dieses Gerät konnte nicht angemeldet werden.',
  },
  DIRECTORY_UNTRUSTED: {
    by: 'support',
    en: 'Another server answers in place of the directory. Try another network.',
    de: 'Ein fremder Server antwortet statt des Verzeichnisses. Versuchen Sie ein anderes Netz.',
  },
  DIRECTORY_REFUSES: {
    by: 'support',
    en: 'The directory refuses this device.',
    de: 'Das Verzeichnis weist dieses Gerät ab.',
  },
  ADDON_UNAVAILABLE: {
    by: 'support',
    en: 'Surety is not installed completely.',
    de: 'Surety ist nicht vollständig installiert.',
  },
  EXEC_NOT_HELD: {
    by: 'support',
    en: 'An agent may have started although it is stopped.',
    de: 'Vielleicht ist ein Agent gestartet, obwohl er angehalten ist.',
  },
  GATE_ENDED: {
    by: 'support',
    en: 'AI agents cannot act at the moment.',
    de: 'KI-Agenten können gerade nichts tun.',
  },
  STATE_FOLDER_OPEN: ELSEWHERE,
  SPOOL_DAMAGED: ELSEWHERE,
  COLLECTION_FAILED: ELSEWHERE,
  HOME_UNANSWERED: ELSEWHERE,
  ITEM_REFUSED: ELSEWHERE,
  CATALOGUE_REFUSED: ELSEWHERE,
  GATE_POLICY_REFUSED: ELSEWHERE,
  LOG_INCONSISTENT: ELSEWHERE,
  SETTINGS_CHANGED: ELSEWHERE,
  SETTINGS_REFUSED: ELSEWHERE,
  UPDATES_FAILING: ELSEWHERE,
  UPDATE_ROLLED_BACK: ELSEWHERE,
  ORDERS_REFUSED: ELSEWHERE,
  SECOND_DAEMON: {
    by: 'support',
    en: 'A second copy of Surety stops agents on this device.',
    de: 'Ein zweites Surety hält auf diesem Gerät Agenten an.',
  },
  NOT_ENROLLED: { ...ELSEWHERE, by: 'enrolment' },
  ENROLMENT_PENDING: { ...ELSEWHERE, by: 'enrolment' },
  DEVICE_RETIRED: { ...ELSEWHERE, by: 'enrolment' },
}

type Warning = Status['health'][number]

const UNKNOWN: Readonly<Record<Language, string>> = { en: 'Surety has a fault', de: 'Surety hat eine Störung' }

/** A warning that the person at the device has to act on. */
export interface OpenWarning extends Warning {
  readonly by: 'user' | 'support'
  /** What is wrong, in the language of the person. */
  readonly text: string
}

/** What a person has to act on, and what only administrators fix. A code of another version counts as something for the support. */
export function openWarnings(
  { health, enrolment }: Pick<Status, 'health' | 'enrolment'>,
  language: Language,
): { readonly open: readonly OpenWarning[]; readonly elsewhere: readonly Warning[] } {
  const open: OpenWarning[] = []
  const elsewhere: Warning[] = []
  for (const warning of health) {
    const text = HEALTH_TEXTS[warning.code]
    const by = text?.by ?? 'support'
    if (by === 'enrolment') continue
    if (enrolment === 'refused' && warning.code === 'DIRECTORY_REFUSES') continue
    if (by === 'directory') elsewhere.push(warning)
    else open.push({ ...warning, by, text: text?.[language] ?? `${UNKNOWN[language]}: ${printable(warning.code)}.` })
  }
  return { open, elsewhere }
}

/** Not enrolled yet, and the daemon tries by itself: no administrator has to do anything. */
export function isEnrolling({ enrolment, health }: Pick<Status, 'health' | 'enrolment'>): boolean {
  return enrolment === 'not-enrolled' && !health.some(({ code }) => NEEDS_A_STRING.has(code))
}

const NEEDS_A_STRING: ReadonlySet<string> = new Set(['NOT_ENROLLED', 'ENROLMENT_FAILED', 'DIRECTORY_UNTRUSTED'])
