import type { MessageContent, MessageSection } from './things.ts'

/** What all media have in common. */

/** A message that is to be sent. */
export interface Outgoing {
  readonly id: string
  readonly content: MessageContent
  /** Of the console's pages. */
  readonly origin: string
  /** Of mail. */
  readonly address?: string | undefined
}

export interface SendOutcome {
  readonly delivered: boolean
  readonly problem?: string
  /** The receiver asks to wait. */
  readonly waitMs?: number
  /** No attempt will succeed. */
  readonly isFinal?: boolean
  /** Only this recipient was refused: others may be sent to. */
  readonly onlyThis?: boolean
}

export interface Medium {
  /** For people who look for its fault. Nothing secret. */
  readonly server: string
  /** Never throws. */
  send(message: Outgoing, signal: AbortSignal): Promise<SendOutcome>
}

/** What a message without sections says. */
export const TEST_TEXT = 'This is a test. Nothing needs to be done.'

export function urlOf({ origin }: Pick<Outgoing, 'origin'>, path: string): string {
  return `${origin}${path}`
}

/** `and 41 more`. */
export function moreOf({ lines, more }: MessageSection): string | undefined {
  if (more === 0) return undefined
  return lines.length === 0 ? `${more} in the console` : `and ${more} more`
}

/** The first lines of a section that fit. @param sizeOf what a line needs. */
export function withinSize(
  section: MessageSection,
  most: number,
  sizeOf: (text: string) => number = (text) => text.length,
): MessageSection {
  let left = most
  const cut = section.lines.findIndex(({ text }) => {
    left -= sizeOf(text)
    return left < 0
  })
  if (cut === -1) return section
  return { ...section, lines: section.lines.slice(0, cut), more: section.more + section.lines.length - cut }
}
