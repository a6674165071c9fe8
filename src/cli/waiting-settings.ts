import type { WaitingSettings } from '../protocol/messages/control.ts'
import { type Terminal, wrapped } from '../view/terminal.ts'

/** Below the settings in use: what is set now and waits. */
export function waitingLines(waiting: WaitingSettings | undefined, terminal: Terminal): string[] {
  if (waiting === undefined) return []
  return ['', ...sentences(waiting).flatMap((sentence) => wrapped(terminal, sentence))]
}

function sentences({ state, settings, reason = 'the log of suretyd names the reason' }: WaitingSettings): string[] {
  if (state === 'refused') {
    return ['suretyd would not start with what is set now. It keeps the settings above.', `Fix: ${reason}`]
  }
  const next = {
    'by-itself': 'suretyd starts again with them by itself, within minutes.',
    'by-hand': 'Restart suretyd to apply them.',
  }[state]
  return [`Changed and not in use yet: ${settings.join(', ')}.`, next]
}
