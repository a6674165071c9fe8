import { fromUtf8, utf8 } from '../base/bytes.ts'
import { systemClock } from '../base/clock.ts'
import { VERSION } from '../base/version.ts'
import { builtInCatalogue, withBrowsers } from '../discovery/catalogue/built-in.ts'
import type { Catalogue } from '../discovery/catalogue/catalogue.ts'
import { filesByName, placeOf } from '../discovery/files/home-alias.ts'
import { MEMORY_MAX_BYTES, NOT_ASKED, RecordedMemory } from '../discovery/files/home-memory.ts'
import { sourceLog } from '../discovery/files/source-log.ts'
import { loadConfigParsers } from '../discovery/formats/config-text.ts'
import { readHome } from '../discovery/homes/read-home.ts'
import { readScreenLock } from '../posture/screen-lock.ts'
import type { FileReader } from '../system/files/files.ts'
import { filesOutsideMounts, mountHolding } from '../system/mounts/files-outside-mounts.ts'
import type { ForeignMount, Mounts } from '../system/mounts/mounts.ts'
import { readerPlatform } from '../system/platform/this-platform.ts'
import type { ReaderPlatform } from '../system/platform.ts'
import type { StandardPipes } from '../system/program/standard-pipes.ts'
import { type HomeAnswer, type HomeRequest, REQUEST_MAX_BYTES, type ReaderTask, requestReader } from './home-request.ts'

/** They read configuration files of several formats. */
const PARSING_TASKS: readonly ReaderTask[] = ['installed', 'editors', 'mcp', 'agent-files']

/**
 * The reader child: takes one request, becomes the owner of that home for good, reads it, writes one line a task, and
 * is done. All code is loaded by then: nothing of ours need be readable for that user.
 *
 * @throws `NOT_PERMITTED` before anything was read, `INPUT_MALFORMED`, `INPUT_TOO_LARGE`.
 */
export async function runReader(pipes: StandardPipes): Promise<void> {
  const nowMs = systemClock.now()
  const platform = await readerPlatform()
  const input = pipes.readAll(REQUEST_MAX_BYTES + MEMORY_MAX_BYTES)
  const end = input.indexOf(0x0a)
  const request = requestReader.readJson(fromUtf8(end === -1 ? input : input.subarray(0, end)))
  if (request.tasks.some((task) => PARSING_TASKS.includes(task))) await loadConfigParsers()
  // Load this part now: after the change of user it may not be readable.
  const catalogue = withBrowsers(request.catalogue ?? builtInCatalogue())
  const rights = platform.becomeUser({
    id: request.user.id,
    ...(request.posix === undefined ? {} : { posix: request.posix }),
  })
  using opened = platform.openHomeFiles()
  const apart = mountsToAvoid(platform.mounts, request.home)
  const files = filesByName(filesOutsideMounts(apart, opened), request)
  // Invalid UTF-8 is replaced, which the checksum detects.
  const saved = new TextDecoder().decode(input.subarray(end === -1 ? input.length : end + 1))
  const memory = request.remember === undefined ? undefined : memoryOf(platform, files, apart, request, saved, nowMs)
  for (const task of new Set(request.tasks)) {
    const found = await runTask(platform, files, memory, { ...request, catalogue }, task)
    const answer: HomeAnswer = rights === 'user' ? found : { ...found, rights }
    pipes.write(utf8(`${JSON.stringify(answer)}\n`))
  }
  const kept = memory?.save()
  if (memory === undefined || kept === undefined) return
  const bytes = utf8(kept)
  const head = { memoryBytes: bytes.length, ...(memory.wasDamaged ? { damaged: true } : {}) }
  pipes.write(utf8(`${JSON.stringify(head)}\n`))
  pipes.write(bytes)
}

function memoryOf(
  { readMark }: ReaderPlatform,
  files: FileReader,
  apart: readonly ForeignMount[],
  request: HomeRequest,
  saved: string,
  nowMs: number,
): RecordedMemory {
  const { remember, user, home, namedHome } = request
  const subject = JSON.stringify([VERSION, remember, user.id, user.name, home, namedHome])
  const markAt = (path: string) => {
    const place = placeOf(path, request)
    return mountHolding(apart, place) === undefined ? readMark(place) : { mark: NOT_ASKED, changedAtMs: 0 }
  }
  return new RecordedMemory({ files, readMark: markAt }, { subject, saved, nowMs })
}

async function runTask(
  platform: ReaderPlatform,
  files: FileReader,
  memory: RecordedMemory | undefined,
  request: HomeRequest & { readonly catalogue: Catalogue },
  task: ReaderTask,
): Promise<HomeAnswer> {
  const { user, home, namedHome, catalogue, profiles = [], workedIn = [] } = request
  if (task === 'screen-lock') {
    const sources = sourceLog({ clock: systemClock }, { user })
    const [screenLock] = await sources.read(task, home, async () => [await readScreenLock(files, home)])
    return { task, sightings: [], sources: [...sources.reports], ...(screenLock === undefined ? {} : { screenLock }) }
  }
  const { sightings, sources, states, launches, blobs } = await readHome(
    { files, clock: systemClock, mounts: platform.mounts.local, ...(memory === undefined ? {} : { memory }) },
    {
      user,
      home,
      namedHome,
      catalogue,
      profiles,
      workedIn,
      layout: platform.name,
      ...(isAboutBrowsers(task) ? { messagingHosts: platform.messagingHosts?.(user.id) } : {}),
    },
    task,
  )
  return {
    task,
    sightings: [...sightings],
    sources: [...sources],
    ...(states === undefined ? {} : { states: [...states] }),
    ...(launches === undefined ? {} : { launches: [...launches] }),
    ...(blobs === undefined ? {} : { blobs: [...blobs] }),
  }
}

function isAboutBrowsers(task: ReaderTask): boolean {
  return task === 'chromium' || task === 'firefox'
}

/** All but the mount that the home itself lies on: that one is read in any case, and given up at its deadline. */
function mountsToAvoid(mounts: Mounts, home: string): readonly ForeignMount[] {
  return mounts.userServed().filter((mount) => mountHolding([mount], home) === undefined)
}
