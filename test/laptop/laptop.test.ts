import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startSimulatedTpm } from '../../scripts/start/simulated-tpm.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { startDirectory } from '../../src/directory/directory.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { laptopLacks, runOnLaptop } from './laptop-machine.ts'

/** `npm run test:laptop`: the deb on a whole laptop, enrolled by what its TPM attests. Minutes; no other suite runs it. */

const ROOT = resolve(import.meta.dirname, '../..')
const HOUR_MS = 3_600_000
const LAPTOP_MS = scaledMs(600_000)
/** The host, as QEMU's network shows it. */
const HOST = '10.0.2.2'
const RUN = `set -eu
up() { echo "[$(cut -d ' ' -f 1 /proc/uptime)] $*"; }
modprobe virtio_net
until device=$(ls /sys/class/net | grep -v lo); do sleep 0.2; done
ip link set "$device" up
ip address add 10.0.2.15/24 dev "$device"
ip route add default via ${HOST}
cd /root/payload
install -d /etc/surety
install -m 600 enrolment /etc/surety/enrolment
rm enrolment
echo 'deb [trusted=yes] file:///root/payload/apt stable main' > /etc/apt/sources.list.d/surety.list
apt-get -qq -o Dir::Etc::sourcelist=/dev/null update
up install
DEBIAN_FRONTEND=noninteractive apt-get -qq -y install surety
up installed
for second in $(seq 120); do
  surety status --json > status.json 2> /dev/null || true
  if grep -q '"verdict"' status.json; then break; fi
  sleep 1
done
grep -q '"verdict"' status.json || { up 'not enrolled'; cat status.json; journalctl --unit=suretyd --no-pager --output=cat; exit 1; }
up enrolled
echo "BEGIN"; cat status.json; echo "END"
test ! -e /etc/surety/enrolment
`
const lacks = laptopLacks()
if (lacks !== undefined) process.stderr.write(`skipped: the laptop: ${lacks}\n`)
const there = lacks === undefined ? test : test.skip

there(
  'a laptop with Secure Boot, TPM and disk encryption enrols as tpm-attested',
  async () => {
    using temporary = temporaryFolder()
    const [tpmFolder, payload] = ['simulated-tpm', 'payload'].map((name) => join(temporary.path, name)) as [
      string,
      string,
    ]
    const { signal } = new AbortController()
    const caCertificates = await manufacturedTpm(tpmFolder, temporary.path, signal)
    mkdirSync(payload)
    execFileSync(
      process.execPath,
      [
        ...['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/package.ts'), 'deb', '--fast'],
        ...['--out', join(temporary.path, 'packages')],
      ],
      { stdio: 'pipe' },
    )
    cpSync(join(temporary.path, 'packages/apt'), join(payload, 'apt'), { recursive: true })
    const data = join(temporary.path, 'directory')
    mkdirSync(join(data, 'trust-anchors'), { recursive: true, mode: 0o700 })
    for (const [at, path] of caCertificates.entries()) cpSync(path, join(data, 'trust-anchors', `${at}.pem`))
    await using directory = await startDirectory(
      { clock: systemClock, log: silentLog },
      {
        dataFolder: data,
        trustAnchorsFolder: join(data, 'trust-anchors'),
        devices: { host: '127.0.0.1', port: 0, channelBinding: 'required' },
        names: [HOST],
        attestEveryMs: HOUR_MS,
      },
      { signal },
    )
    const token = { owner: 'ada@example.org', ttlMs: HOUR_MS, minimumTier: 'tpm-attested' } as const
    writeFileSync(join(payload, 'enrolment'), (await directory.services.tokens.create(token, 'test')).enrolment)
    writeFileSync(join(payload, 'run.sh'), RUN)
    const said = await runOnLaptop({
      folder: temporary.path,
      tpmState: join(tpmFolder, 'state'),
      payload,
      withinMs: LAPTOP_MS - 60_000,
    })
    process.stderr.write(said.slice(0, said.indexOf('BEGIN')))
    const status = JSON.parse(said.slice(said.indexOf('BEGIN') + 5, said.lastIndexOf('END')))
    expect(status).toMatchObject({ enrolment: 'enrolled', result: { tier: 'tpm-attested' } })
    const outcome = (check: string) =>
      status.findings.find((finding: { check: string }) => finding.check === check)?.state
    expect([outcome('boot.secure-boot'), outcome('disk.root-encrypted')]).toEqual(['pass', 'pass'])
  },
  LAPTOP_MS,
)

async function manufacturedTpm(folder: string, socketFolder: string, signal: AbortSignal): Promise<readonly string[]> {
  await using tpm = await startSimulatedTpm({ clock: systemClock }, { folder, socketFolder }, { signal })
  return tpm.caCertificates
}
