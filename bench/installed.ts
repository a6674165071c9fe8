import { setTimeout as delay } from 'node:timers/promises'
import { type InstalledMachine, installedMachine } from '../test/installed/installed-machine.ts'
import { debianMachineLacks } from '../test/journeys/machines/debian-machine.ts'
import { measureSlowness } from '../test/support/machine-speed.ts'
import { waitFor } from '../test/support/wait-for.ts'
import { type Benchmark, rounded, sizeOf } from './benchmark.ts'

const LIMIT_S = 10
const MINUTES = sizeOf(10, { small: 0.2 })
/** As released. Compression takes minutes. */
const IS_COMPRESSED = sizeOf(1, { small: 0 }) === 1
const SAMPLE_MS = 5_000
/** At which osquery's watchdog ends osquery. */
const OSQUERY = { memoryMb: 200, cpuPercent: 10 }

export const installed: Benchmark = {
  name: 'installed',
  about: `seconds from apt install to the first acknowledged evidence, then memory and processor time over ${MINUTES} minutes`,
  unit: 's',
  limit: `${LIMIT_S} s; ${OSQUERY.memoryMb} MB and ${OSQUERY.cpuPercent} % of a core, the limits of osquery's watchdog`,
  async run(report) {
    const lacks = debianMachineLacks()
    if (lacks !== undefined) throw new Error(lacks)
    // The machine boots in its own time.
    measureSlowness(process.env)
    await using machine = await installedMachine({ compressed: IS_COMPRESSED })
    await machine.uses('1.0.0')
    await startDirectory(machine)
    await machine.shell(`printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d`)
    const alone = await seconds(() => machine.install('surety'))
    await machine.shell('rm /usr/sbin/policy-rc.d && apt-get -qq -y purge surety')
    await machine.shell(
      'surety-directory tokens create --owner ada@example.org --minimum-tier software --out /etc/surety/enrolment',
    )
    let apt = 0
    const whole = await seconds(async () => {
      apt = await seconds(() => machine.install('surety'))
      await waitFor('acknowledged evidence', () => acknowledged(machine), { everyMs: 20 })
    })
    report({
      name: 'installed',
      value: rounded(whole),
      unit: 's',
      ratio: rounded(whole / LIMIT_S),
      against: `aim ${LIMIT_S} s; apt alone, without a start, ${rounded(alone)} s; apt with the start ${rounded(apt)} s`,
    })
    const { memoryMb, cpuPercent } = await observe(machine)
    report({
      name: 'installed-memory',
      value: rounded(memoryMb),
      unit: 'MB',
      ratio: rounded(memoryMb / OSQUERY.memoryMb),
      against: `limit of osquery's watchdog, ${OSQUERY.memoryMb} MB; the most of all processes of the unit, every ${SAMPLE_MS / 1000} s`,
    })
    report({
      name: 'installed-cpu',
      value: rounded(cpuPercent),
      unit: '% of a core',
      ratio: rounded(cpuPercent / OSQUERY.cpuPercent),
      against: `limit of osquery's watchdog, ${OSQUERY.cpuPercent} %; mean of ${MINUTES} minutes from the first evidence on`,
    })
  },
}

async function startDirectory(machine: InstalledMachine): Promise<void> {
  await machine.shell(
    `install -d /etc/surety && echo '{ "names": ["directory.example.org"] }' > /etc/surety/directory.json`,
  )
  await machine.install('surety-directory')
  await waitFor(
    'the directory',
    async () => (await machine.run('surety-directory', 'devices', 'list')).exitCode === 0,
    { everyMs: 200 },
  )
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

async function acknowledged(machine: InstalledMachine): Promise<boolean> {
  const { stdout } = await machine.run('surety', 'status', '--json')
  return stdout.startsWith('{') && JSON.parse(stdout).spool.acknowledged > 0
}

/** Proportional memory of all processes of the unit, and the processor time of the unit with the processes that have ended. */
async function observe(machine: InstalledMachine): Promise<{ memoryMb: number; cpuPercent: number }> {
  const cpuMs = async () => Number(await machine.property('suretyd', 'CPUUsageNSec')) / 1e6
  const [before, start] = [await cpuMs(), performance.now()]
  let most = 0
  while (performance.now() - start < MINUTES * 60_000) {
    most = Math.max(most, Number(await machine.shell(MEMORY)))
    await delay(SAMPLE_MS)
  }
  return { memoryMb: most / 1024, cpuPercent: ((await cpuMs()) - before) / ((performance.now() - start) / 100) }
}

const MEMORY = `
for pid in $(cat /sys/fs/cgroup/system.slice/suretyd.service/cgroup.procs); do
  cat /proc/$pid/smaps_rollup 2> /dev/null || true
done | awk '/^Pss:/ { sum += $2 } END { print sum }'`
