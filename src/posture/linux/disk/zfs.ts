import { STATE_QUERIES } from '../../../system/program/query-commands.ts'
import type { PostureComponents } from '../../components.ts'
import { parseZfsEncryption, parseZpoolDevices } from '../../parsers/disk/zfs.ts'
import { combine, type Protection, protectionOfNode } from './volume-protection.ts'

/** Encryption of a mounted ZFS dataset: by ZFS itself, or else by what its pool lies on. */
export async function protectionOfDataset(
  components: Pick<PostureComponents, 'files' | 'commands'>,
  dataset: string,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<Protection> {
  const { commands, files } = components
  const [zfs, ...datasets] = STATE_QUERIES.encryptedDatasets
  const got = await commands.run(zfs, datasets, { timeoutMs, signal })
  const encryption = got.exitCode === 0 ? parseZfsEncryption(got.stdout)?.get(dataset)?.encryption : undefined
  if (encryption === undefined || encryption === '-') {
    return { kind: 'unclear', reason: `zfs did not say whether ${dataset} is encrypted` }
  }
  if (encryption !== 'off') return { kind: 'encrypted', how: [`ZFS ${encryption}`] }

  const [pool = ''] = dataset.split('/', 1)
  const [zpool, ...pools] = STATE_QUERIES.pools
  const list = await commands.run(zpool, pools, { timeoutMs, signal })
  const devices = list.exitCode === 0 ? parseZpoolDevices(list.stdout, pool) : []
  if (devices.length === 0) return { kind: 'unclear', reason: `zpool did not name the devices of ${pool}` }
  const parts: Protection[] = []
  for (const path of devices) parts.push(await protectionOfNode(files, path))
  return combine(parts)
}
