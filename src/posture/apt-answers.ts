import type { Clock } from '../base/clock.ts'
import type { TrustedFileReader } from '../system/files/files.ts'
import { listOptional } from './read-optional.ts'

/** Folders whose files decide what apt answers: its lists, what is installed, its settings. */
const FOLDERS = [
  '/var/lib/apt/lists',
  '/var/lib/dpkg',
  '/etc/apt',
  '/etc/apt/apt.conf.d',
  '/etc/apt/preferences.d',
  '/etc/apt/sources.list.d',
]
/** Asked again after that, whatever the files say. */
const KEPT_MS = 24 * 60 * 60 * 1000

/**
 * What apt answered, for as long as none of its files changes: it reads all that could be installed for each question,
 * which takes half a second of a core to three, every quarter of an hour.
 */
export class AptAnswers {
  readonly #answers = new Map<string, { readonly marks: string; readonly askedMs: number; readonly answer: unknown }>()

  /** What `ask` answered to the question called `name`; undefined, as whatever it throws, is not kept. */
  async recall<T>(
    { files, clock }: { readonly files: TrustedFileReader; readonly clock: Pick<Clock, 'monotonic'> },
    name: string,
    ask: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    // Before it is asked: what changes meanwhile is another mark the next time.
    const marks = await marksOf(files)
    const askedMs = clock.monotonic()
    if (marks === undefined) return await ask()
    const known = this.#answers.get(name)
    // One name, one question: what is kept under it is a `T`.
    if (known?.marks === marks && askedMs - known.askedMs < KEPT_MS) return known.answer as T
    const answer = await ask()
    if (answer === undefined) this.#answers.delete(name)
    else this.#answers.set(name, { marks, askedMs, answer })
    return answer
  }
}

/** Undefined when one of them cannot be looked at: apt may be able to. */
async function marksOf(files: TrustedFileReader): Promise<string | undefined> {
  try {
    return await readMarks(files)
  } catch {
    return undefined
  }
}

async function readMarks(files: TrustedFileReader): Promise<string> {
  const marks: unknown[] = []
  for (const folder of FOLDERS) {
    const names = ((await listOptional(files, folder)) ?? []).map(({ name }) => name)
    for (const path of [folder, ...names.map((name) => `${folder}/${name}`)]) {
      const stat = await files.stat(path)
      marks.push([path, stat?.sizeBytes, stat?.modifiedMs])
    }
  }
  return JSON.stringify(marks)
}
