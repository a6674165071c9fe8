import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Small programs in Go, on libraries that Debian has as sources. */

const GO = '/usr/bin/go'
const SOURCES = '/usr/share/gocode'

const NEEDED = [
  ['golang-go', GO],
  ['golang-golang-x-mod-dev', `${SOURCES}/src/golang.org/x/mod/sumdb/tlog/tlog.go`],
  [
    'golang-github-transparency-dev-formats-dev',
    `${SOURCES}/src/github.com/transparency-dev/formats/note/note_cosigv1.go`,
  ],
] as const

/** Names of Debian packages. */
export function missingForGo(): readonly string[] {
  return NEEDED.filter(([, file]) => !existsSync(file)).map(([name]) => name)
}

/** Builds `source` in `folder`. @returns the program. */
export async function buildGo(source: string, folder: string): Promise<string> {
  const program = join(folder, 'program')
  const env = {
    PATH: process.env.PATH,
    GOPATH: SOURCES,
    GO111MODULE: 'off',
    GOFLAGS: '-buildvcs=false',
    GOCACHE: join(folder, 'cache'),
  }
  await promisify(execFile)(GO, ['build', '-o', program, source], { env, cwd: folder })
  return program
}
