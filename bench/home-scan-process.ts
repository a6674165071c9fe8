/** Scans one home once, like the reader child, and prints the time: `scan HOME MEMORY [SYSTEM]`, or `read HOME LIST`. */

import { readFileSync, writeFileSync } from 'node:fs'
import { builtInCatalogue } from '../src/discovery/catalogue/built-in.ts'
import type { HomeLayout } from '../src/discovery/files/home-layout.ts'
import { RecordedMemory } from '../src/discovery/files/home-memory.ts'
import { DISCOVERY_TASKS } from '../src/discovery/files/scan-tasks.ts'
import { loadConfigParsers } from '../src/discovery/formats/config-text.ts'
import { readHome } from '../src/discovery/homes/read-home.ts'
import type { FileReader } from '../src/system/files/files.ts'
import { readMark } from '../src/system/files/foreign/foreign-files.ts'
import { openFiles } from '../src/system/files/foreign/linux.ts'

const [what = '', home = '', file = '', system = ''] = process.argv.slice(2)
const layout: HomeLayout = system === 'darwin' || system === 'windows' ? system : 'linux'
const clock = { now: () => Date.now(), monotonic: () => performance.now() }
void (what === 'scan' ? scan() : readOnly())

/** Scans with the saved memory of the last scan, and saves it again. */
async function scan(): Promise<void> {
  await loadConfigParsers()
  const files = openFiles()
  const read = new Set<string>()
  const start = performance.now()
  const used = process.cpuUsage()
  const saved = readFileSync(file, 'utf8')
  /** Records a path that was read successfully. */
  const recorded = async <T>(path: string, reading: Promise<T>): Promise<T> => {
    const content = await reading
    read.add(path)
    return content
  }
  const recording: FileReader = {
    ...files,
    read: (path, options) => recorded(path, files.read(path, options)),
    readText: (path, options) => recorded(path, files.readText(path, options)),
  }
  const memory = new RecordedMemory({ files: recording, readMark }, { subject: 'bench', saved, nowMs: Date.now() })
  let sightings = 0
  let unread = 0
  for (const task of DISCOVERY_TASKS) {
    const init = { user: { id: '0', name: 'root' }, home, catalogue: builtInCatalogue(), layout }
    const found = await readHome({ files, clock, memory }, init, task)
    sightings += found.sightings.length
    unread += found.sources.filter(({ state }) => state !== 'parsed').length
    // The reader child serialises its findings for the daemon.
    JSON.stringify(found)
  }
  const kept = memory.save()
  if (kept !== undefined) writeFileSync(file, kept)
  const ms = performance.now() - start
  const { user, system: kernel } = process.cpuUsage(used)
  const cpuMs = (user + kernel) / 1000
  console.log(
    JSON.stringify({ ms, cpuMs, sightings, unread, files: [...read], memoryBytes: kept?.length ?? saved.length }),
  )
}

/** Reads the files of a list in the same way, without using them. */
async function readOnly(): Promise<void> {
  const paths: string[] = JSON.parse(readFileSync(file, 'utf8'))
  const files = openFiles()
  const start = performance.now()
  let bytes = 0
  for (const path of paths) bytes += (await files.readText(path, { maxBytes: 64 * 1024 * 1024 })).length
  console.log(JSON.stringify({ ms: performance.now() - start, bytes }))
}
