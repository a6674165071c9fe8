import type { Language } from '../checks/check-catalogue.ts'

/** What `surety agents claim` and `surety agents claims` say. Names are foreign text. */
interface ClaimTexts {
  readonly none: string
  readonly claimed: (product: string) => string
  readonly waits: string
  readonly next: string
  readonly heading: readonly string[]
  readonly pending: string
  readonly accepted: (by: string) => string
  readonly refused: (by: string) => string
  readonly byRoot: (user: string) => string
}

export const CLAIM_TEXTS: Readonly<Record<Language, ClaimTexts>> = {
  en: {
    none: 'No agent was claimed here. Claim one with: surety agents claim AGENT --purpose TEXT',
    claimed: (product) => `Claimed ${product}.`,
    waits: 'Your manager or an operator of the directory decides. The claim is sent as soon as there is a connection.',
    next: 'See what becomes of it with: surety agents claims',
    heading: ['CLAIM', 'AGENT', 'USER', 'STATE', 'CLAIMED', 'PURPOSE AND REASON'],
    pending: 'pending',
    accepted: (by) => `accepted by ${by}`,
    refused: (by) => `refused by ${by}`,
    byRoot: (user) => `${user} (by root)`,
  },
  de: {
    none: 'Hier wurde kein Agent beansprucht. Das geht mit: surety agents claim AGENT --purpose TEXT',
    claimed: (product) => `${product} ist beansprucht.`,
    waits:
      'Ihre Führungskraft oder ein Betreuer des Verzeichnisses entscheidet. Gesendet wird, sobald eine Verbindung besteht.',
    next: 'Was daraus wird, zeigt: surety agents claims',
    heading: ['ANSPRUCH', 'AGENT', 'BENUTZER', 'STAND', 'GESTELLT', 'ZWECK UND GRUND'],
    pending: 'offen',
    accepted: (by) => `angenommen von ${by}`,
    refused: (by) => `abgelehnt von ${by}`,
    byRoot: (user) => `${user} (durch root)`,
  },
}
