import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

/** The container of a package. Debian's `xar` writes times and inodes of the build into it, and this does not. */

export interface Member {
  /** A name with one `/` lies in a folder. */
  readonly name: string
  readonly content: Uint8Array
}

const HEADER_BYTES = 28
const SHA1 = 1
const SHA1_BYTES = 20

export function xarArchive(members: readonly Member[], epoch: number): Uint8Array {
  const time = `${new Date(epoch * 1000).toISOString().slice(0, 19)}Z`
  // The checksum of the table comes first.
  let offset = SHA1_BYTES
  let id = 0
  const fileText = ({ name, content }: Member) => {
    const sum = sha1(content).toString('hex')
    const data = [
      ...[`<length>${content.length}</length><offset>${offset}</offset><size>${content.length}</size>`],
      ...['<encoding style="application/octet-stream"/>'],
      `<extracted-checksum style="sha1">${sum}</extracted-checksum><archived-checksum style="sha1">${sum}</archived-checksum>`,
    ].join('')
    offset += content.length
    const facts = '<type>file</type><mode>0644</mode><uid>0</uid><gid>0</gid><user>root</user><group>wheel</group>'
    return `<file id="${++id}"><name>${name}</name>${facts}<mtime>${time}</mtime><data>${data}</data></file>`
  }
  const folders = [...new Set(members.map(({ name }) => folderOf(name)))]
  const text = folders.map((folder) => {
    const inside = members.filter(({ name }) => folderOf(name) === folder)
    if (folder === '') return inside.map(fileText).join('')
    const facts = '<type>directory</type><mode>0755</mode><uid>0</uid><gid>0</gid><user>root</user><group>wheel</group>'
    const own = `<file id="${++id}"><name>${folder}</name>${facts}<mtime>${time}</mtime>`
    return `${own}${inside.map((one) => fileText({ ...one, name: one.name.slice(folder.length + 1) })).join('')}</file>`
  })
  const ordered = folders.flatMap((folder) => members.filter(({ name }) => folderOf(name) === folder))
  const checksum = `<checksum style="sha1"><offset>0</offset><size>${SHA1_BYTES}</size></checksum>`
  const table = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<xar><toc><creation-time>${time}</creation-time>${checksum}${text.join('')}</toc></xar>`,
  )
  const compressed = deflateSync(table, { level: 9 })
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('xar!')
  header.writeUInt16BE(HEADER_BYTES, 4)
  header.writeUInt16BE(1, 6)
  header.writeBigUInt64BE(BigInt(compressed.length), 8)
  header.writeBigUInt64BE(BigInt(table.length), 16)
  header.writeUInt32BE(SHA1, 24)
  return Buffer.concat([header, compressed, sha1(compressed), ...ordered.map(({ content }) => content)])
}

function folderOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.indexOf('/')) : ''
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest()
}
