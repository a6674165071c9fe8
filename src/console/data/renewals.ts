/** When answers on the screen are asked again, because news say that they may have changed. */

/** One event is on the screen soon. A page has several questions, and a fleet always has news. */
const SOON_MS = 200
const AT_MOST_EVERY_MS = 5_000
/** So that all consoles do not ask at the same moment. */
const SPREAD_MS = 200

/** News of these kinds change nothing that other pages show but the summary, which the stream has. They are the most frequent. */
const OF_DEVICES: ReadonlySet<string> = new Set([
  'attested',
  'attestation-refused',
  'verdict-changed',
  'device-silent',
  'device-heard-again',
  'order-answered',
])
const DEVICE_QUESTIONS = ['/devices', '/events', '/changes', '/checks', '/search'] as const
/** They come with the stream, or change once an hour. */
const NEVER: ReadonlySet<string> = new Set(['/summary', '/history'])

export interface RenewalsInit {
  /** Asks questions again whose key begins so. Undefined: all. */
  renew(concerned: (question: string) => boolean): void
  /** Nobody looks at the page. */
  isHidden(): boolean
  /** A test has a clock of its own. */
  readonly clock?: RenewalsClock
}

export interface RenewalsClock {
  now(): number
  random(): number
  /** @returns what prevents it. */
  later(work: () => void, ms: number): () => void
}

const CLOCK: RenewalsClock = {
  now: Date.now,
  random: Math.random,
  later(work, ms) {
    const timer = setTimeout(work, ms)
    return () => clearTimeout(timer)
  },
}

/** Gathers news. Questions of a page that nobody looks at wait until somebody does. */
export class Renewals {
  readonly #init: RenewalsInit
  #prevent: (() => void) | undefined
  #renewedAt = Number.NEGATIVE_INFINITY
  #isWaiting = false
  #isAll = false

  constructor(init: RenewalsInit) {
    this.#init = init
  }

  /** @param kinds of events. Undefined: anything may have changed. */
  news(kinds?: readonly string[]): void {
    this.#isWaiting = true
    this.#isAll ||= kinds === undefined || kinds.some((kind) => !OF_DEVICES.has(kind))
    this.#plan()
  }

  /** Somebody looks at the page again. */
  shown(): void {
    if (this.#isWaiting) this.#plan()
  }

  stop(): void {
    this.#prevent?.()
    this.#isWaiting = false
  }

  #plan(): void {
    const { clock = CLOCK, isHidden } = this.#init
    if (this.#prevent !== undefined || isHidden()) return
    const wait = Math.max(SOON_MS, this.#renewedAt + AT_MOST_EVERY_MS - clock.now()) + clock.random() * SPREAD_MS
    this.#prevent = clock.later(() => {
      this.#prevent = undefined
      if (!this.#isWaiting || isHidden()) return
      const isAll = this.#isAll
      this.#renewedAt = clock.now()
      this.#isWaiting = false
      this.#isAll = false
      this.#init.renew((question) => concerns(question, isAll))
    }, wait)
  }
}

function concerns(question: string, isAll: boolean): boolean {
  // Keys of other questions, such as who is signed in, have no slash.
  if (!question.startsWith('/') || NEVER.has(question)) return false
  return isAll || DEVICE_QUESTIONS.some((beginning) => question.startsWith(beginning))
}
