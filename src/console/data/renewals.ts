/** When answers on the screen are asked again, because news say that they may have changed. */

/** One event is on the screen soon. A page has several questions, and a fleet always has news. */
const SOON_MS = 200
/** After quiet. While news keep coming it doubles, up to what holds for devices, which always report. */
const AT_FIRST_EVERY_MS = 1_000
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
  #allRenewedAt = Number.NEGATIVE_INFINITY
  #allEveryMs = AT_FIRST_EVERY_MS
  #isPlannedForAll = false
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
    if (isHidden()) return
    // What waits for devices only is too late for other news.
    if (this.#prevent !== undefined && (this.#isPlannedForAll || !this.#isAll)) return
    this.#prevent?.()
    this.#isPlannedForAll = this.#isAll
    const next = this.#isAll ? this.#allRenewedAt + this.#allEveryMs : this.#renewedAt + AT_MOST_EVERY_MS
    const wait = Math.max(SOON_MS, next - clock.now()) + clock.random() * SPREAD_MS
    this.#prevent = clock.later(() => {
      this.#prevent = undefined
      if (!this.#isWaiting || isHidden()) return
      const isAll = this.#isAll
      this.#renewedAt = clock.now()
      if (isAll) {
        const isAfterQuiet = this.#renewedAt - this.#allRenewedAt > AT_MOST_EVERY_MS
        this.#allEveryMs = isAfterQuiet ? AT_FIRST_EVERY_MS : Math.min(AT_MOST_EVERY_MS, 2 * this.#allEveryMs)
        this.#allRenewedAt = this.#renewedAt
      }
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
