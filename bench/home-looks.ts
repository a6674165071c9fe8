/** One process that looks at one home once, as the reader child does, and prints how long that took: `scan HOME MEMORY` or `read HOME LIST`. */

import { readFileSync, writeFileSync } from 'node:fs'
import { builtInCatalogue } from '../src/discovery/catalogue/built-in.ts'
import { loadConfigParsers } from '../src/discovery/files/config-text.ts'
import { RecordedMemory } from '../src/discovery/files/home-memory.ts'
import { DISCOVERY_TASKS } from '../src/discovery/files/scan-tasks.ts'
import { readHome } from '../src/discovery/homes/read-home.ts'
import type { FileReader } from '../src/system/files/files.ts'
import { openFiles, readMark } from '../src/system/files/linux.ts'

const [what = '', home = '', file = ''] = process.argv.slice(2)
const clock = { now: () => Date.now(), monotonic: () => performance.now() }
void (what === 'scan' ? scan() : readOnly())

/** With what was saved the last time, which it saves again. */
async function scan(): Promise<void> {
  await loadConfigParsers()
  const files = openFiles()
  const read = new Set<string>()
  const start = performance.now()
  const saved = readFileSync(file, 'utf8')
  /** Of what was not there nothing can be read. */
  const noted = async <T>(path: string, reading: Promise<T>): Promise<T> => {
    const content = await reading
    read.add(path)
    return content
  }
  const noting: FileReader = {
    ...files,
    read: (path, options) => noted(path, files.read(path, options)),
    readText: (path, options) => noted(path, files.readText(path, options)),
  }
  const memory = new RecordedMemory({ files: noting, readMark }, { subject: 'bench', saved, nowMs: Date.now() })
  let sightings = 0
  let unread = 0
  for (const task of DISCOVERY_TASKS) {
    const init = { user: { id: '0', name: 'root' }, home, catalogue: builtInCatalogue() }
    const found = await readHome({ files, clock, memory }, init, task)
    sightings += found.sightings.length
    unread += found.sources.filter(({ state }) => state !== 'parsed').length
    // As it is written to the daemon.
    JSON.stringify(found)
  }
  const kept = memory.save()
  if (kept !== undefined) writeFileSync(file, kept)
  const ms = performance.now() - start
  console.log(JSON.stringify({ ms, sightings, unread, files: [...read], memoryBytes: kept?.length ?? saved.length }))
}

/** The files of a list, one after the other, in the same way and for nothing. */
async function readOnly(): Promise<void> {
  const paths: string[] = JSON.parse(readFileSync(file, 'utf8'))
  const files = openFiles()
  const start = performance.now()
  let bytes = 0
  for (const path of paths) bytes += (await files.readText(path, { maxBytes: 64 * 1024 * 1024 })).length
  console.log(JSON.stringify({ ms: performance.now() - start, bytes }))
}
