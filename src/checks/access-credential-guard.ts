import { check } from './check.ts'

export const accessCredentialGuard = check('access.credential-guard', {
  weight: 'advisory',
  passes: 'Credential Guard keeps secrets of log-ins apart (Windows)',
  systems: {
    linux: { absent: 'Credential Guard is a feature of Windows' },
    macos: { absent: 'Credential Guard is a feature of Windows' },
    windows: 'Credential Guard',
  },
  minutes: 10,
  english: {
    title: 'Credential Guard is on',
    problem: 'Credential Guard is off',
    why: 'Without it, an administrator can take the passwords and tickets of others from memory.',
    person: { any: 'it needs a restart, and old ways to log in may stop working' },
    steps: {
      any: ['Ask your support: only Windows has Credential Guard.'],
      windows: [
        'Ask your support: your company turns on Credential Guard by a policy.',
        'It needs Windows Enterprise or Education, Secure Boot and a restart.',
      ],
    },
  },
  german: {
    title: 'Credential Guard ist eingeschaltet',
    problem: 'Credential Guard ist ausgeschaltet',
    why: 'Ohne ihn kann ein Administrator die Passwörter und Tickets anderer aus dem Speicher lesen.',
    person: { any: 'es braucht einen Neustart, und alte Arten der Anmeldung können ausfallen.' },
    steps: {
      any: ['Fragen Sie Ihren Support: nur Windows hat Credential Guard.'],
      windows: [
        'Fragen Sie Ihren Support: Ihre Firma schaltet Credential Guard durch eine Richtlinie ein.',
        'Es braucht Windows Enterprise oder Education, Secure Boot und einen Neustart.',
      ],
    },
  },
})
