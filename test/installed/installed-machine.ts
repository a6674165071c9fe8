import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join, resolve } from 'node:path'
import { debianMachine, type Ran } from '../journeys/machines/debian-machine.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/** A new Debian with its own systemd, and repositories of two versions on loopback, which the machine shares. */
export interface InstalledMachine extends AsyncDisposable {
  run(program: string, ...args: readonly string[]): Promise<Ran>
  /** @throws when it fails. */
  root(program: string, ...args: readonly string[]): Promise<Ran>
  /** @returns standard output. @throws when it fails. */
  shell(script: string): Promise<string>
  /** As an administrator's script calls it. */
  apt(...args: readonly string[]): Promise<Ran>
  /** @throws when it fails. */
  install(...names: readonly string[]): Promise<Ran>
  /** From now on, apt installs this version. */
  uses(version: Version): Promise<void>
  /** Of what was built for a version. */
  addressOf(version: Version): string
  /** The version of `surety` that dpkg has installed. */
  installedVersion(): Promise<string>
  /** Of a unit. */
  property(unit: string, name: string): Promise<string>
  /** Brings a file of a built version into the machine. @returns its path there. */
  fetch(version: Version, file: string): Promise<string>
}

export const VERSIONS = ['1.0.0', '1.1.0'] as const
export type Version = (typeof VERSIONS)[number]

const ROOT = resolve(import.meta.dirname, '../..')
/** Debian's smallest system lacks these. `rpm` is for the other kind of packages, the last two are for a user who logs in. */
const PACKAGES = ['procps', 'passwd', 'init-system-helpers', 'libstdc++6', 'rpm', 'dbus-user-session', 'pamtester']
const APT = ['/usr/bin/env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y'] as const

/** @param init.compressed as they are released, which takes minutes to build. */
export async function installedMachine({ compressed = false } = {}): Promise<InstalledMachine> {
  await using disposal = new AsyncDisposableStack()
  const { path } = disposal.use(temporaryFolder())
  for (const version of VERSIONS) package_(join(path, version), version, compressed)
  const { server, address } = await serveFiles(path)
  disposal.defer(() => void server.close())
  const machine = disposal.use(await debianMachine({ packages: PACKAGES, programs: join(path, VERSIONS[0]) }))
  const root = async (program: string, ...args: readonly string[]) => {
    const ran = await machine.run(program, ...args)
    if (ran.exitCode !== 0) throw new Error(`${program} ${args.join(' ')}: ${ran.stderr}${ran.stdout}`)
    return ran
  }
  const shell = async (script: string) => (await root('/bin/sh', '-ec', script)).stdout.trim()
  const [env, ...rest] = APT
  const addressOf = (version: Version) => `${address}/${version}`
  // The smallest Debian has no names at all.
  await shell('echo 127.0.0.1 localhost directory.example.org >> /etc/hosts')
  await root('useradd', '--create-home', '--shell=/bin/bash', 'ada')
  const kept = disposal.move()
  return {
    run: machine.run,
    root,
    shell,
    apt: (...args) => machine.run(env, ...rest, ...args),
    install: (...names) => root(env, ...rest, 'install', ...names),
    addressOf,
    async uses(version) {
      const line = `deb [trusted=yes] ${addressOf(version)}/apt stable main`
      await shell(`echo '${line}' > /etc/apt/sources.list.d/surety.list && apt-get -qq update`)
    },
    installedVersion: () => shell('dpkg-query --show surety | cut -f 2'),
    property: (unit, name) => shell(`systemctl show --value --property=${name} ${unit}`),
    async fetch(version, file) {
      const to = `/opt/${file}`
      await root('/usr/lib/apt/apt-helper', 'download-file', `${addressOf(version)}/${file}`, to)
      return to
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function package_(out: string, version: string, compressed: boolean): void {
  const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/package.ts'), '--out', out]
  execFileSync(process.execPath, [...args, ...(compressed ? [] : ['--fast']), '--version', version, 'deb', 'rpm'], {
    stdio: 'pipe',
    env: { ...process.env, SOURCE_DATE_EPOCH: '1795000000' },
  })
}

async function serveFiles(folder: string): Promise<{ server: Server; address: string }> {
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname))
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-length': statSync(path).size })
    createReadStream(path).pipe(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, address: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

/** The id of the enrolled device, once the daemon tells. */
export async function deviceOf(machine: InstalledMachine): Promise<string> {
  const { stdout } = await waitFor('the enrolled device', () => machine.run('surety', 'status', '--json'), {
    until: ({ stdout: text }) => text.includes('"device"'),
    everyMs: 500,
    show: () => journal(machine),
  })
  return JSON.parse(stdout).device.id
}

/** The newest lines of the daemon. */
export const journal = (machine: InstalledMachine) =>
  machine.shell('journalctl --unit=suretyd --no-pager --output=cat --lines=30')
