import type { Language } from './check-catalogue.ts'

/** What a person reads about a check that could not be made. Nothing here changes the device: it may be in order. */
export interface UncheckedTexts {
  readonly notForYou: string
  /** Of a device without a directory: nobody else sees the check. */
  readonly notKnown: string
  readonly contact: (whom: string | undefined) => string
}

const TEXTS: Readonly<Record<Language, UncheckedTexts>> = {
  en: {
    notForYou: 'Surety could not check this. There is nothing for you to do: your administrators see it.',
    notKnown: 'Surety could not check this. That does not mean that something is wrong.',
    contact: (whom) => `If it stays like this for a day, contact ${whom ?? 'your support'}.`,
  },
  de: {
    notForYou: 'Surety konnte das nicht prüfen. Sie müssen nichts tun: Ihre Verwaltung sieht es.',
    notKnown: 'Surety konnte das nicht prüfen. Das heißt nicht, dass etwas nicht stimmt.',
    contact: (whom) => `Bleibt das einen Tag lang so, wenden Sie sich an ${whom ?? 'Ihren Support'}.`,
  },
}

interface Hint extends Readonly<Record<Language, (found: string) => string>> {
  /** Of a reason of the daemon. The first group is what the hint names. */
  readonly reason: RegExp
}

/** How administrators make a check possible. The first that fits. */
const HINTS: readonly Hint[] = [
  {
    reason: /\b(CAP_[A-Z_]+)\b/,
    en: (capability) => `Administrators: give suretyd the capability ${capability}.`,
    de: (capability) => `Für Administratoren: Geben Sie suretyd die Capability ${capability}.`,
  },
  {
    reason: /^(?:no drill has shown)/,
    en: () => 'Administrators: order a drill with surety-directory stops drill.',
    de: () => 'Für Administratoren: Ordnen Sie mit surety-directory stops drill eine Übung an.',
  },
  {
    reason: /\bposture\.skip\b/,
    en: () => 'Administrators: the setting posture.skip leaves this check out.',
    de: () => 'Für Administratoren: Die Einstellung posture.skip lässt diese Prüfung aus.',
  },
  {
    reason: /^(nft) is not installed/,
    en: (program) => `Administrators: install ${program}.`,
    de: (program) => `Für Administratoren: Installieren Sie ${program}.`,
  },
  {
    reason: /newer updates would not be seen$/,
    en: () => 'Administrators: refresh the package lists (apt-get update, dnf makecache).',
    de: () => 'Für Administratoren: Aktualisieren Sie die Paketlisten (apt-get update, dnf makecache).',
  },
  {
    reason: /\bonly root\b/,
    en: () => 'Administrators: run suretyd as root.',
    de: () => 'Für Administratoren: Lassen Sie suretyd als root laufen.',
  },
]

export interface UncheckedInit {
  readonly language: Language
  /** Whom the user of the device can ask. */
  readonly contact: string | undefined
  readonly isEnrolled: boolean
}

/** One sentence or two in each line: what to do, whom to ask, and what makes the check possible. */
export function uncheckedAdvice(reason: string, { language, contact, isEnrolled }: UncheckedInit): readonly string[] {
  const { notForYou, notKnown, contact: ask } = TEXTS[language]
  const hint = HINTS.find((one) => one.reason.test(reason))
  return [
    isEnrolled ? notForYou : notKnown,
    ask(contact),
    ...(hint === undefined ? [] : [hint[language](hint.reason.exec(reason)?.[1] ?? '')]),
  ]
}
