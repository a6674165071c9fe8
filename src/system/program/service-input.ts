import type { Readable } from 'node:stream'

/** What the service host of the system announces; see `native/windows/service/events.h`. */
export type ServiceEvent =
  | { readonly kind: 'suspend' | 'resume' }
  | { readonly kind: (typeof SESSION_KINDS)[number]; readonly session: number }

export interface ServiceEvents {
  /** Until disposed. Events without a listener are lost. */
  watch(listener: (event: ServiceEvent) => void): Disposable
}

export interface ServiceInput extends ServiceEvents, Disposable {
  /** Resolves at the end of the input, which asks for a clean end. An error of it is its end. */
  readonly ended: Promise<void>
}

const SESSION_KINDS = ['logon', 'logoff', 'lock', 'unlock', 'connect', 'disconnect'] as const
const POWER = /^POWER=(suspend|resume)$/
const SESSION = new RegExp(`^SESSION=(${SESSION_KINDS.join('|')}) (\\d{1,10})$`)
/** A longer line is no event. */
const MAX_LINE = 128

export interface ServiceInputInit {
  /** Called with each line that is no event, at most 128 characters of it. */
  readonly onUnknown: (line: string) => void
}

/** Reads the lines of the service host from standard input. Disposal closes the stream, which would keep the process alive. */
export function serviceInput(stdin: Readable, { onUnknown }: ServiceInputInit): ServiceInput {
  const listeners = new Set<(event: ServiceEvent) => void>()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const take = (line: string) => {
    const event = eventOf(line)
    if (event === undefined) return onUnknown(line)
    for (const listener of listeners) listener(event)
  }
  let rest = ''
  stdin.setEncoding('utf8')
  stdin.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    // What a line has too much is not kept.
    rest = (lines.pop() ?? '').slice(0, MAX_LINE + 1)
    for (const line of lines) take(line.replace(/\r$/, '').slice(0, MAX_LINE + 1))
  })
  for (const name of ['end', 'close', 'error']) stdin.once(name, () => end())
  return {
    ended,
    watch(listener) {
      const own = (event: ServiceEvent) => listener(event)
      listeners.add(own)
      return { [Symbol.dispose]: () => void listeners.delete(own) }
    },
    [Symbol.dispose]: () => void stdin.destroy(),
  }
}

function eventOf(line: string): ServiceEvent | undefined {
  const [, power] = POWER.exec(line) ?? []
  if (power === 'suspend' || power === 'resume') return { kind: power }
  const [, word, session] = SESSION.exec(line) ?? []
  const kind = SESSION_KINDS.find((one) => one === word)
  return kind === undefined ? undefined : { kind, session: Number(session) }
}
