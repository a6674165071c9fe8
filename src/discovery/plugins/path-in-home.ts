/** A folder that a file of the person names: below the home, spelled plainly. A star would be taken for a pattern. */
export function isPathInHome(path: string, home: string): boolean {
  return (
    path.startsWith(`${home}/`) &&
    path.length <= 2048 &&
    !/[\0*]/.test(path) &&
    !path
      .slice(1)
      .split('/')
      .some((part) => part === '' || part === '.' || part === '..')
  )
}
