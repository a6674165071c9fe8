import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { codeOf } from '../../../../src/base/errors.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { CatalogueKeeper } from '../../../../src/daemon/catalogue/catalogue-keeper.ts'
import { createHealth } from '../../../../src/daemon/health/health.ts'
import { GatePolicyKeeper } from '../../../../src/daemon/offers/gate-policy-keeper.ts'
import { openStorage } from '../../../../src/daemon/open-storage.ts'
import { openLogWitness } from '../../../../src/daemon/record/log-witness.ts'
import { builtInCatalogue } from '../../../../src/discovery/catalogue/built-in.ts'
import { openSoftwareKeys } from '../../../../src/keys/software/software-keys.ts'
import { openWitness } from '../../../../src/system/sqlite/commit-watermark.ts'

/** What a daemon makes of its state folder. */
export interface OpenedState {
  readonly identity: string | undefined
  readonly order: number
  readonly sequence: number
  readonly key: string
  /** The version in use. */
  readonly catalogue: number
  /** 0: the default that the gate has built in. */
  readonly gatePolicy: number
  /** Entries of the directory's record in the checkpoint that the device keeps. */
  readonly witnessed: number
  readonly warnings: readonly string[]
  readonly aside: readonly string[]
}

/** @param root of the directory, where the identity that names it is lost. */
export async function reopenedState(state: string, root: string): Promise<OpenedState> {
  const health = createHealth({ clock: systemClock })
  const components = { clock: systemClock, log: silentLog, health }
  const opened = await openStorage(
    components,
    { stateFolder: state, maxBytes: 1e8, version: '0' },
    { signal: new AbortController().signal },
  )
  if (opened === undefined) throw new Error('stopped')
  using spool = opened.spool
  const catalogue = new CatalogueKeeper({ ...components, builtIn: builtInCatalogue, onReplaced: () => undefined }, {})
  await catalogue.open({ health }, { stateFolder: state, root: opened.state.identity?.pins.root ?? root })
  const gatePolicy = new GatePolicyKeeper({ ...components, onReplaced: () => undefined })
  await gatePolicy.open({ health }, { stateFolder: state, root: opened.state.identity?.pins.root ?? root })
  const evidence = { reportLogFault: () => undefined }
  const { newest } = await openLogWitness({ ...components, evidence }, { stateFolder: state })
  const read = () =>
    openSoftwareKeys({ stateFolder: state })
      .getOrCreateKey('device')
      .then(({ publicKey }) => Buffer.from(publicKey).toString('base64url'), codeOf)
  return {
    identity: opened.state.identity && JSON.stringify(opened.state.identity),
    order: opened.state.progress.order,
    sequence: spool.chain?.head.sequence ?? -1,
    key: (await read()) ?? '',
    catalogue: catalogue.version,
    gatePolicy: gatePolicy.current()?.version ?? 0,
    witnessed: newest?.size ?? 0,
    warnings: health.warnings().map(({ code }) => code),
    aside: readdirSync(state)
      .filter((name) => /\.damaged-\d+$/.test(name))
      .map((name) => name.replace(/\.damaged-\d+$/, '')),
  }
}

/** How far the chain of a state folder had come, by what is kept beside its spool. */
export function noted(state: string): number {
  using witness = openWitness(join(state, 'spool.db-witness'))
  return Number(witness.read()?.split(' ')[4])
}
