/** The start of VS_FIXEDFILEINFO, little-endian. */
const SIGNATURE = Buffer.from('bd04effe00000100', 'hex')

/** The version that a program for Windows says it has, such as `26.10.0.0`; undefined if it says none. */
export function programVersion(program: Buffer): string | undefined {
  const at = program.indexOf(SIGNATURE)
  if (at < 0 || at + 16 > program.length) return undefined
  const [high, low] = [program.readUInt32LE(at + 8), program.readUInt32LE(at + 12)]
  return [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].join('.')
}
