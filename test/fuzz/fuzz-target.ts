import { type Coverage, type CoverageTotal, coverageTotal, type Taken } from './coverage.ts'
import { minimise } from './minimise.ts'
import { type MutateInit, mutate } from './mutate.ts'
import type { Random } from './random.ts'
import { type Failure, runOnce } from './run-once.ts'
import { bytesOf, type Target, textOf } from './target.ts'

/** One target, fuzzed in this thread: an input that makes new parts of `src/` run joins the corpus. */

export interface FuzzComponents {
  readonly coverage: Coverage
  readonly random: Random
  /** Told each input before it runs: if it never ends, somebody else must know it. */
  readonly onInput: (input: Uint8Array) => void
}

export interface FuzzReport {
  readonly name: string
  readonly executions: number
  readonly executionsPerSecond: number
  readonly blocks: number
  /** The inputs that are worth keeping beside the seeds, smallest first. */
  readonly corpus: readonly Uint8Array[]
  readonly failures: readonly Failure[]
}

/** So many inputs share one look at the coverage, which costs as much as some hundred short runs. */
const BATCH = 64
const MINIMISE_MS = 3_000
const MAX_FAILURES = 10
/** Larger finds are not worth their place in the repository. */
const MAX_KEPT_BYTES = 4_096
const GROWTH_BYTES = 384 * 1024 * 1024

export async function fuzzTarget(
  components: FuzzComponents,
  target: Target,
  init: {
    readonly corpus: readonly Uint8Array[]
    readonly seconds: number
    /** Cut what was found down to what is worth keeping, which takes a while. */
    readonly tidy?: boolean
  },
): Promise<FuzzReport> {
  const { random } = components
  const seeds = target.seeds().map(bytesOf)
  const run = async (input: Uint8Array) => {
    components.onInput(input)
    return await runOnce(target, input)
  }
  const state = { executions: 0, failures: new Map<string, Failure>() }
  const attempt = async (input: Uint8Array) => {
    state.executions++
    const reason = await run(input)
    if (reason === undefined || state.failures.has(kindOf(reason)) || state.failures.size >= MAX_FAILURES) return
    const same = async (smaller: Uint8Array) => kindOf((await run(smaller)) ?? '') === kindOf(reason)
    state.failures.set(kindOf(reason), { reason, input: await minimise(input, same, { timeMs: MINIMISE_MS }) })
  }
  const corpus = [...seeds, ...init.corpus]
  const total = coverageTotal()
  components.coverage.take()
  for (const input of corpus) await attempt(input)
  total.add(components.coverage.take())

  const mutation: MutateInit = { kind: target.kind, words: wordsOf(target, seeds), other: () => random.pick(corpus) }
  const memoryAtStart = process.memoryUsage().rss
  const start = performance.now()
  const executionsAtStart = state.executions
  while (performance.now() - start < init.seconds * 1_000) {
    const batch = Array.from({ length: BATCH }, () => mutate(random, parentFrom(random, corpus), mutation))
    for (const input of batch) await attempt(input)
    const taken = components.coverage.take()
    if (!total.has(taken)) corpus.push(...(await findNew(components.coverage, total, batch, run)))
    // What counts one after another may not count alone, as what is done once only.
    total.add(taken)
    if (process.memoryUsage().rss - memoryAtStart > GROWTH_BYTES) {
      state.failures.set('memory', {
        reason: 'memory grew by more than 384 MiB',
        input: batch.at(-1) ?? new Uint8Array(),
      })
      break
    }
    // Or timers and the watchdog's messages would never be served.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const seconds = Math.max(0.001, (performance.now() - start) / 1_000)
  return {
    name: target.name,
    executions: state.executions,
    executionsPerSecond: Math.round((state.executions - executionsAtStart) / seconds),
    blocks: total.blocks,
    corpus:
      init.tidy === true
        ? await smallCorpus(components.coverage, { seeds, found: corpus.slice(seeds.length) }, run)
        : corpus.slice(seeds.length),
    failures: [...state.failures.values()],
  }
}

/** The newest finds lead further. */
function parentFrom(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const from = random.oneIn(3) ? Math.max(0, corpus.length - 16) : 0
  return corpus[from + random.below(corpus.length - from)] ?? new Uint8Array()
}

type Run = (input: Uint8Array) => Promise<string | undefined>

async function findNew(coverage: Coverage, total: CoverageTotal, batch: readonly Uint8Array[], run: Run) {
  const found: Uint8Array[] = []
  for (const input of batch) {
    await run(input)
    const taken = coverage.take()
    if (total.has(taken)) continue
    total.add(taken)
    found.push(input)
  }
  return found
}

/** Of what was found only what adds coverage to the seeds, the smaller before the larger, each cut down once more. */
async function smallCorpus(
  coverage: Coverage,
  { seeds, found }: { readonly seeds: readonly Uint8Array[]; readonly found: readonly Uint8Array[] },
  run: Run,
): Promise<readonly Uint8Array[]> {
  const total = coverageTotal()
  const coverageOf = async (input: Uint8Array) => {
    coverage.take()
    await run(input)
    return coverage.take()
  }
  for (const seed of seeds) total.add(await coverageOf(seed))
  const kept: Uint8Array[] = []
  for (const input of found.toSorted((a, b) => a.length - b.length)) {
    const taken = await coverageOf(input)
    if (input.length > MAX_KEPT_BYTES || total.has(taken)) continue
    const added = newPartsOf(total, taken)
    const asGood = async (smaller: Uint8Array) => added(await coverageOf(smaller))
    const smallest = await minimise(input, asGood, { timeMs: 300 })
    total.add(await coverageOf(smallest))
    kept.push(smallest)
  }
  return kept
}

/** Whether another run covers all that this one would add. */
function newPartsOf(total: CoverageTotal, taken: Taken) {
  const wanted = [...taken]
    .map(([url, ran]) => [url, total.missing(url, ran)] as const)
    .filter(([, at]) => at.length > 0)
  return (other: Taken) => wanted.every(([url, at]) => at.every((index) => other.get(url)?.characters[index] === 1))
}

/** The same fault at the same place is one failure, whatever it says of the input. */
function kindOf(reason: string): string {
  const place = / at src\/\S+$/.exec(reason)?.[0]
  return place === undefined ? reason.replace(/\d+|"[^"]*"/g, '#') : reason.split(':', 1)[0] + place
}

/** Words of the target's own list and of its seeds. */
function wordsOf(target: Target, seeds: readonly Uint8Array[]): readonly Uint8Array[] {
  const words = new Set(target.words)
  if (target.kind === 'bytes') return [...words].map(bytesOf)
  for (const seed of seeds)
    for (const word of textOf(seed).split(/[^\w.:/@-]+/)) if (word.length > 1 && word.length < 64) words.add(word)
  const marks = [
    '\n',
    ' ',
    '\t',
    '\0',
    '"',
    "'",
    '\\',
    ':',
    '=',
    ';',
    '#',
    ',',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '/',
    '-',
    '..',
  ]
  return [...[...words].slice(0, 2_000), ...(target.kind === 'text' ? marks : [])].map(bytesOf)
}
