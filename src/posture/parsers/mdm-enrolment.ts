export interface MdmEnrolment {
  readonly enrolled: boolean
  /** A person agreed, or the company bought the Mac: without it, macOS keeps back some settings from the management. */
  readonly approved: boolean
  /** Through the company's account at Apple. */
  readonly automatic: boolean
  /** Host of the management. */
  readonly server?: string
}

/** Reads `profiles status -type enrollment`. @returns undefined unless both lines are there. */
export function parseMdmEnrolment(stdout: string): MdmEnrolment | undefined {
  const automatic = /^Enrolled via DEP: (Yes|No)$/m.exec(stdout)?.[1]
  const [, enrolled, approval] = /^MDM enrollment: (Yes|No)(?: \(([^)]*)\))?$/m.exec(stdout) ?? []
  if (automatic === undefined || enrolled === undefined) return undefined
  const server = /^MDM server: https?:\/\/([^/:\s]{1,253})/m.exec(stdout)?.[1]
  return {
    enrolled: enrolled === 'Yes',
    approved: approval === 'User Approved' || automatic === 'Yes',
    automatic: automatic === 'Yes',
    ...(server === undefined ? {} : { server }),
  }
}
