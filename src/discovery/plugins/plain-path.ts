/** A path that a file of the person names, spelled plainly. A star would be taken for a pattern. */
export function isPlainPath(path: string): boolean {
  const parts = path.slice(1).split('/')
  return (
    path.startsWith('/') &&
    path.length <= 2048 &&
    !/[\0*]/.test(path) &&
    !parts.some((part) => part === '' || part === '.' || part === '..')
  )
}
