import { check } from './check.ts'

export const enforcementFreeze = check('enforcement.freeze', {
  weight: 'advisory',
  passes: 'the last drill froze its agent in the kernel',
  systems: { linux: 'drill', macos: 'drill', windows: 'drill' },
  minutes: 15,
  english: {
    title: 'Agents on this device can be stopped',
    problem: 'Agents on this device cannot be stopped',
    why: 'An agent that the kernel cannot freeze may continue while people try to stop it.',
    person: { any: 'only an administrator can find out why agents cannot be held here' },
    steps: {
      any: ['Ask an administrator of the directory for a new drill. If it fails again, ask your support.'],
      windows: ['Ask an administrator of the directory for a new drill. If it fails again, ask your support.'],
      macos: ['Ask an administrator of the directory for a new drill. If it fails again, ask your support.'],
    },
  },
  german: {
    title: 'Agenten auf diesem Gerät lassen sich anhalten',
    problem: 'Agenten auf diesem Gerät lassen sich nicht anhalten',
    why: 'Ein Agent, den der Kernel nicht einfrieren kann, arbeitet vielleicht weiter, während man ihn anhalten will.',
    person: { any: 'nur die Verwaltung kann herausfinden, warum sich Agenten hier nicht anhalten lassen.' },
    steps: {
      any: [
        'Bitten Sie einen Administrator des Verzeichnisses um eine neue Übung. Schlägt sie wieder fehl, fragen Sie Ihren Support.',
      ],
      windows: [
        'Bitten Sie einen Administrator des Verzeichnisses um eine neue Übung. Schlägt sie wieder fehl, fragen Sie Ihren Support.',
      ],
      macos: [
        'Bitten Sie einen Administrator des Verzeichnisses um eine neue Übung. Schlägt sie wieder fehl, fragen Sie Ihren Support.',
      ],
    },
  },
})
