import { type Profiler, Session } from 'node:inspector'

/** Which parts of `src/` ran, by V8's block coverage of this thread. Only modules loaded after `startCoverage` count. */
export interface Coverage {
  /** What ran since the last call. */
  take(): Taken
}

export interface Ran {
  /** 1 for each character of the source that ran. */
  readonly characters: Uint8Array
  /** Where the blocks that ran begin and end. */
  readonly blocks: readonly string[]
}

/** By script. */
export type Taken = ReadonlyMap<string, Ran>

export interface CoverageTotal {
  has(taken: Taken): boolean
  add(taken: Taken): void
  /** The characters of `ran` that the total does not have. */
  missing(url: string, ran: Ran): readonly number[]
  /** How many different blocks ran. */
  readonly blocks: number
}

export function startCoverage(): Coverage {
  const session = new Session()
  session.connect()
  const post = <T>(method: string, params: object = {}): T => {
    let answer: T | undefined
    // A session with its own thread answers before `post` returns.
    session.post(method, params, (error, result) => {
      if (error !== null) throw error
      answer = result as T // the shape that the protocol documents for this method
    })
    if (answer === undefined) throw new Error(`${method} was not answered`)
    return answer
  }
  post('Profiler.enable')
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return {
    take() {
      const { result } = post<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage')
      return new Map(
        result
          .filter(({ url }) => url.includes('/src/') && !url.includes('/node_modules/'))
          .map((one) => [one.url, ranOf(one)]),
      )
    },
  }
}

/** Functions come outer first, ranges likewise: what is inside has the last word. */
function ranOf({ functions }: Profiler.ScriptCoverage): Ran {
  const ranges = functions.flatMap((one) => one.ranges)
  const characters = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)))
  for (const { startOffset, endOffset, count } of ranges) characters.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  const blocks = ranges
    .filter(({ count }) => count > 0)
    .map(({ startOffset, endOffset }) => `${startOffset}-${endOffset}`)
  return { characters, blocks }
}

export function coverageTotal(): CoverageTotal {
  const total = new Map<string, Uint8Array>()
  const blocks = new Set<string>()
  const missing = (url: string, { characters }: Ran) => {
    const before = total.get(url)
    return [...characters.keys()].filter((at) => characters[at] === 1 && before?.[at] !== 1)
  }
  return {
    has: (taken) =>
      ![...taken].some(([url, { characters }]) => {
        const before = total.get(url)
        return characters.some((value, at) => value === 1 && before?.[at] !== 1)
      }),
    add(taken) {
      for (const [url, ran] of taken) {
        for (const block of ran.blocks) blocks.add(`${url} ${block}`)
        const before = total.get(url) ?? new Uint8Array()
        const after = new Uint8Array(Math.max(before.length, ran.characters.length))
        after.set(before)
        for (const at of missing(url, ran)) after[at] = 1
        total.set(url, after)
      }
    },
    missing,
    get blocks() {
      return blocks.size
    },
  }
}
