/** The number in an error of the addon, as `native/windows/addon/arguments.h` writes it: `error 5`, `error 0x8004100E`. */
export function windowsErrorOf(error: unknown): number | undefined {
  const [, number] = (error instanceof Error && /^error (\d{1,5}|0x[0-9A-F]{8})$/.exec(error.message)) || []
  return number === undefined ? undefined : Number(number)
}
