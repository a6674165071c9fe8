/** What each tier proves, and what is only reported, in words for people. */
import type { Tier } from '../../protocol/tier.ts'

interface TierWords {
  readonly proven: readonly string[]
  readonly reported: readonly string[]
}

const POSTURE = [
  'posture findings: reported by the daemon, signed by the device key',
  'inventory, agents and extensions: reported in the same way',
]
const reported = (...more: readonly string[]) => [...POSTURE, ...more]

const WORDS: Readonly<Record<Tier, TierWords>> = {
  'tpm-attested': {
    proven: [
      'the device key is in a TPM of a known maker and cannot leave it',
      'boot measurements: the PCR values that this TPM quoted',
    ],
    reported: reported(),
  },
  'enclave-attested': {
    proven: ['the device key is in a secure enclave that its maker attested'],
    reported: reported('how the machine was booted'),
  },
  tpm: {
    proven: [
      'the device key is in a TPM whose maker is unknown here',
      'boot measurements: the PCR values that this TPM quoted, as trustworthy as its maker',
    ],
    reported: reported(),
  },
  enclave: {
    proven: ['possession of a device key, reported to be in a secure enclave'],
    reported: reported('how the machine was booted'),
  },
  token: {
    proven: ['possession of a device key, reported to be in a PKCS#11 token'],
    reported: reported('how the machine was booted'),
  },
  platform: {
    proven: ["possession of a device key, reported to be in the platform's key store"],
    reported: reported('how the machine was booted'),
  },
  software: {
    proven: ['possession of the device key, which is a file and can be copied'],
    reported: reported('how the machine was booted'),
  },
  simulated: {
    proven: ['possession of a device key in a simulated TPM, whose trust anchor exists only here'],
    reported: reported('how the machine was booted: the boot measurements are those of the simulator'),
  },
}

const UNATTESTED: TierWords = { proven: [], reported: reported('that it still has the device key it enrolled with') }

export function wordsOf(tier: Tier, attested: boolean): TierWords {
  return attested ? WORDS[tier] : UNATTESTED
}
