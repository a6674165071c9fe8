import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ApiClient, apiClient } from '../../../src/admin/connection/api-client.ts'
import { administratorProfileReader } from '../../../src/protocol/noun/answers.ts'

const MAIN = resolve(import.meta.dirname, '../../../scripts/start.ts')

/** A run of `npm start -- …`, with its output. */
export interface StartRun {
  readonly child: ChildProcess
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>
  out(): string
  progress(): string
  /** Resolves when `pattern` appears in the progress. Rejects if the run ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
}

export function runStart(args: readonly string[]): StartRun {
  const child = spawn(process.execPath, [MAIN, '--no-install', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, progress] = ['', '']
  let closed = false
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    progress += chunk
  })
  const ended = once(child, 'close').then(([code]) => {
    closed = true
    return code as number | null // the first argument of 'close'
  })
  return {
    child,
    ended,
    out: () => out,
    progress: () => progress,
    async printed(pattern) {
      for (;;) {
        const found = pattern.exec(progress)
        if (found !== null) return found
        if (closed) throw new Error(`it ended without ${pattern}:\n${progress}`)
        await Promise.race([once(child.stderr, 'data'), ended])
      }
    },
  }
}

/** A client of the directory that runs on `data`. */
export function administratorOf(data: string): ApiClient {
  const profile = readFileSync(join(data, 'directory/administrator.json'), 'utf8')
  return apiClient(administratorProfileReader.readJson(profile))
}
