import { toBase64Url } from '../../../base/bytes.ts'
import { newId } from '../../../protocol/ids.ts'
import type { HealthWarning } from '../../../protocol/messages/evidence.ts'
import { countedHourOf } from '../../../protocol/nouns/directory/history.ts'
import type { TamperSign } from '../../../protocol/tamper.ts'
import type { DeviceKeys } from '../../devices/device.ts'
import { putNewDevice } from '../../enrolment/new-device.ts'
import { applyEvidence } from '../../evidence/apply-evidence.ts'
import { noticing } from '../../tamper/silence.ts'
import { madeUpActions } from '../company/actions.ts'
import {
  DAY_MS,
  HISTORY_MS,
  HOUR_MS,
  type MadeUpDevice,
  MINUTE_MS,
  madeUpDevice,
  type Report,
} from '../company/devices.ts'
import { reportOf } from '../stand-in-devices.ts'
import { administratorOf, type HistoryParts } from './history-parts.ts'

/** Devices enrol, report, fall silent and are retired. */
export function planDevices(parts: HistoryParts): void {
  const { timeline, now, devices } = parts
  let token = ''
  timeline.act(now - HISTORY_MS + HOUR_MS, async () => {
    token = await addToken(parts, devices.length)
  })
  for (const device of devices) {
    const [first, ...later] = device.reports
    if (first === undefined) continue
    timeline.report(device.enrolledAt, async () => {
      await enrol(parts, device, token)
      await report(parts, device, first)
    })
    for (const one of later) timeline.report(one.at, () => report(parts, device, one))
    timeline.report(device.heardAt, () => hear(parts, device))
    if (device.fate === 'retired') timeline.act(device.heardAt + HOUR_MS, () => retire(parts, device))
  }
  for (let day = 13; day >= 0; day--) timeline.act(now - day * DAY_MS - HOUR_MS, () => noticeSilence(parts))
  for (const hour of countedHours(now)) timeline.act(hour, () => countHour(parts, hour))
  if (devices.length > 3) timeline.act(now - 2 * HOUR_MS, () => letSomeWait(parts, token))
}

async function addToken(parts: HistoryParts, devices: number): Promise<string> {
  const { services } = parts
  const by = administratorOf(parts, 'lead').id
  const init = { owner: 'it@demo.example', minimumTier: 'software', ttlMs: 30 * DAY_MS } as const
  const { id } = await services.tokens.create({ ...init, uses: Math.max(1, devices + 200) }, by)
  await services.tokens.create({ ...init, ttlMs: 7 * DAY_MS, uses: 5 }, by)
  return id
}

async function enrol(
  parts: HistoryParts,
  { at, owner, machine, enrolledAt }: MadeUpDevice,
  token: string,
): Promise<void> {
  const { store, pastResults, random, known, standIns } = parts
  const id = newId('dev', random)
  known.devices.set(at, id)
  await putNewDevice(
    { store, results: pastResults },
    { id, keys: keysOf(parts, machine), owner: owner.email, token, attestedAt: enrolledAt, now: enrolledAt },
  )
  await store.tokens.use(token)
  standIns.connect(id)
}

/** No device has such a key, so none can take the place of a made-up one. */
function keysOf({ random }: HistoryParts, { tier, label }: MadeUpDevice['machine']): DeviceKeys {
  const applicationKey = `demonstration-${toBase64Url(random(16))}`
  const maker = label.platform === 'darwin' ? undefined : { maker: 'INTC', model: 'demonstration', firmware: '600.18' }
  return {
    tier,
    applicationKey,
    label,
    notes: tier === 'software' ? ['the key is in no hardware'] : [],
    ...(tier === 'software' || maker === undefined ? {} : { endorsement: { publicHash: applicationKey, ...maker } }),
  }
}

async function report(parts: HistoryParts, device: MadeUpDevice, { at, findings, sightings }: Report): Promise<void> {
  const { store, pastResults } = parts
  const id = deviceId(parts, device)
  const isFirst = device.reports[0]?.at === at
  const { platform, hostname } = device.machine.label
  const evidence = reportOf(id, at, {
    ...(findings === undefined ? {} : { findings: [...findings] }),
    ...(isFirst ? { inventory: device.machine.inventory, ...troubleOf(device) } : {}),
    ...(sightings === undefined
      ? {}
      : {
          ...(device.at % 2 === 0 ? { actions: madeUpActions(hostname, sightings, at) } : {}),
          sightings: isFirst
            ? {
                mode: 'full',
                snapshot: `${platform} ${hostname}`.slice(0, 64),
                part: 0,
                parts: 1,
                items: [...sightings],
              }
            : { mode: 'delta', items: [...sightings], gone: [] },
        }),
  })
  if (await applyEvidence(store, { device: id, evidence, at })) await pastResults.refresh(id)
}

/** Few devices report a warning of their daemon or a tamper sign. */
function troubleOf({ at, enrolledAt }: MadeUpDevice): { health?: HealthWarning[]; tamperSigns?: TamperSign[] } {
  const since = enrolledAt - HOUR_MS
  const health: HealthWarning[] | undefined =
    at % 83 === 41
      ? [{ code: 'UPDATES_FAILING', remedy: 'Updates could not be taken for a day. Ask your support.', since }]
      : undefined
  const signs: TamperSign[] | undefined =
    at % 211 === 100
      ? [{ kind: 'stopped', time: enrolledAt, since, durationMs: 40 * MINUTE_MS, cause: 'killed' }]
      : undefined
  return { ...(health === undefined ? {} : { health }), ...(signs === undefined ? {} : { tamperSigns: signs }) }
}

/** The newest attestation. Who is not awake goes. */
async function hear(parts: HistoryParts, device: MadeUpDevice): Promise<void> {
  const { store, services, standIns } = parts
  const id = deviceId(parts, device)
  await store.devices.putAttestation(id, { at: device.heardAt })
  await store.findings.markReported(id, device.heardAt)
  await services.results.refresh(id)
  if (device.fate !== 'awake') standIns.disconnect(id)
}

async function retire(parts: HistoryParts, device: MadeUpDevice): Promise<void> {
  const reason = device.at % 2 === 0 ? 'the laptop was replaced' : 'lost on a train'
  await parts.services.devices.retire(deviceId(parts, device), reason, administratorOf(parts, 'operator').id)
}

async function noticeSilence({ store, services, clock }: HistoryParts): Promise<void> {
  const notice = noticing({ store, clock, policies: services.policies })
  while (await notice());
}

/** Each of the last two days, and of the days before the hours in which most are at work. */
function countedHours(now: number): readonly number[] {
  const last = now - (now % HOUR_MS) - HOUR_MS
  const hours = Array.from({ length: HISTORY_MS / HOUR_MS - 8 }, (_, back) => last - back * HOUR_MS)
  return hours.filter((hour, back) => back < 48 || AT_WORK.includes(new Date(hour).getUTCHours()))
}

const AT_WORK = [9, 15]

async function countHour({ store, services }: HistoryParts, hour: number): Promise<void> {
  await store.history.put(hour, countedHourOf(await services.summary()))
}

/** New laptops that a person has yet to accept. */
async function letSomeWait(parts: HistoryParts, token: string): Promise<void> {
  const { store, random, people, clock, devices, now } = parts
  for (let index = 0; index < 3; index++) {
    const made = madeUpDevice({ seed: index, now, people }, devices.length + index)
    const { at: _, machine, owner } = made
    await store.pendingDevices.put({
      ...keysOf(parts, machine),
      id: newId('dev', random),
      state: 'pending',
      owner: owner.email,
      token,
      why: 'token',
      createdAt: clock.now() - index * HOUR_MS,
    })
  }
}

function deviceId({ known }: HistoryParts, { at }: Pick<MadeUpDevice, 'at'>): string {
  const id = known.devices.get(at)
  if (id === undefined) throw new RangeError(`the device ${at} has not enrolled yet`)
  return id
}
