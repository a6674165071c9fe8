import type { Language } from './checks/check-catalogue.ts'

/** What leaves this device, by source. docs/threat-model.md has the reasons. */

export interface PrivacyTexts {
  readonly titles: Readonly<
    Record<'collected' | 'never' | 'seenBy' | 'kept' | 'sentTo' | 'nowhere' | 'questions' | 'last', string>
  >
  readonly collected: readonly (readonly [source: string, what: string])[]
  readonly never: readonly string[]
  readonly kept: readonly string[]
  /** Who may read what was sent. */
  readonly seenBy: readonly string[]
}

export const PRIVACY_TEXTS: Readonly<Record<Language, PrivacyTexts>> = {
  en: {
    titles: {
      collected: 'Collected',
      never: 'Never collected',
      seenBy: 'Who sees it',
      kept: 'Kept',
      sentTo: 'Sent to',
      nowhere: 'no directory: this device is not enrolled, or suretyd does not answer',
      questions: 'Questions to',
      last: 'The last batch as it was written',
    },
    collected: [
      ['Checks', 'the results of the checks, with the names of volumes and accounts that a result needs'],
      ['Machine', 'host name, machine id, serial number, maker, model, system, kernel, processor, memory'],
      ['AI agents', 'name, version, path, user, process number, working folder, known flags, autonomy and its reason'],
      ['Extensions', 'browser and editor extensions: name, version, profile, origin and permissions'],
      ['MCP servers', 'name, client, file, package or host, and risks; names of secrets, never their values'],
      ['Model runtimes', 'programs that serve models: name, process, ports, and names of models'],
      ['Agent files', 'path, kind, owner, size and risks of instructions, skills, hooks and plugins'],
      ['Claims', 'what you write with surety agents claim: purpose, name and end, with your user name'],
      ['Approvals', 'actions of agents that wait for a person: tool, arguments, folder and user, and why'],
      ['Actions', 'tools that agents asked to use, with the decision; arguments only if your company asks for them'],
      ['Stops', 'agents that were stopped or released: program, process and user; who did it, and why'],
      [
        'Surety itself',
        'version, warnings, running time; signs that it was stopped, changed or removed, or the clock set',
      ],
      ['Sources', 'which files and folders were read, and why one could not be read'],
    ],
    never: [
      'prompts and answers of agents',
      'the content of your files, mail, browser history and open pages',
      'values of secrets and tokens; of environment variables only the settings of agents that the catalogue lists',
      'arguments of commands, other than listed flags, scripts or packages, work folders, models, and those of actions above',
      'keys you press, the screen, camera or microphone',
    ],
    kept: [
      'On this device, until the directory has acknowledged it. A full store drops the oldest first.',
      'In the directory, as long as its administrator keeps it. Ask them how long that is.',
    ],
    seenBy: [
      'People with access to the directory of your company: administrators, operators, auditors and viewers.',
      'Programs that your company connects to the directory, such as its monitoring.',
      'Other users of this device see the checks and the machine, but not your agents, extensions and files.',
      'Surety sends nothing to its makers.',
    ],
  },
  de: {
    titles: {
      collected: 'Gesammelt',
      never: 'Nie gesammelt',
      seenBy: 'Wer es sieht',
      kept: 'Aufbewahrt',
      sentTo: 'Gesendet an',
      questions: 'Fragen an',
      last: 'Die letzte Meldung, wie sie geschrieben wurde',
      nowhere: 'kein Verzeichnis: das Gerät ist nicht angemeldet, oder suretyd antwortet nicht',
    },
    collected: [
      [
        'Prüfungen',
        'die Ergebnisse der Prüfungen, mit den Namen von Datenträgern und Konten, die ein Ergebnis braucht',
      ],
      ['Gerät', 'Rechnername, Geräte-ID, Seriennummer, Hersteller, Modell, System, Kernel, Prozessor, Speicher'],
      [
        'KI-Agenten',
        'Name, Version, Pfad, Benutzer, Prozessnummer, Arbeitsordner, bekannte Optionen, Autonomie und ihr Grund',
      ],
      ['Erweiterungen', 'Erweiterungen von Browsern und Editoren: Name, Version, Profil, Herkunft und Rechte'],
      ['MCP-Server', 'Name, Client, Datei, Paket oder Rechner und Risiken; Namen von Geheimnissen, nie ihre Werte'],
      ['Modell-Server', 'Programme, die Modelle anbieten: Name, Prozess, Ports und Namen der Modelle'],
      ['Agentendateien', 'Pfad, Art, Eigentümer, Größe und Risiken von Anweisungen, Skills, Hooks und Plugins'],
      ['Angaben', 'was Sie mit surety agents claim schreiben: Zweck, Name und Ende, mit Ihrem Benutzernamen'],
      [
        'Freigaben',
        'Aktionen von Agenten, die auf einen Menschen warten: Werkzeug, Argumente, Ordner, Benutzer, Grund',
      ],
      [
        'Aktionen',
        'Werkzeuge, die Agenten benutzen wollten, mit der Entscheidung; Argumente nur, wenn Ihre Firma sie verlangt',
      ],
      ['Stopps', 'Agenten, die angehalten oder freigegeben wurden: Programm, Prozess und Benutzer; von wem und warum'],
      [
        'Surety selbst',
        'Version, Warnungen, Laufzeit; Zeichen, dass es angehalten, verändert oder entfernt oder die Uhr verstellt wurde',
      ],
      ['Quellen', 'welche Dateien und Ordner gelesen wurden, und warum eine nicht gelesen werden konnte'],
    ],
    never: [
      'Eingaben und Antworten von Agenten',
      'der Inhalt Ihrer Dateien, Ihrer Mail, des Browserverlaufs und offener Seiten',
      'Werte von Geheimnissen und Token; von Umgebungsvariablen nur die Einstellungen von Agenten aus dem Katalog',
      'Argumente von Befehlen, außer bekannten Optionen, Skripten oder Paketen, Arbeitsordnern, Modellen und denen der Aktionen',
      'Tastendrücke, Bildschirm, Kamera oder Mikrofon',
    ],
    kept: [
      'Auf diesem Gerät, bis das Verzeichnis den Empfang bestätigt hat. Ist der Speicher voll, entfällt das Älteste.',
      'Im Verzeichnis, so lange seine Verwaltung es aufbewahrt. Fragen Sie dort, wie lange.',
    ],
    seenBy: [
      'Menschen mit Zugang zum Verzeichnis Ihrer Firma: Verwaltung, Betrieb, Prüfung und Leser.',
      'Programme, die Ihre Firma mit dem Verzeichnis verbindet, etwa ihre Überwachung.',
      'Andere Benutzer dieses Geräts sehen die Prüfungen und das Gerät, nicht Ihre Agenten, Erweiterungen und Dateien.',
      'Surety sendet nichts an seine Hersteller.',
    ],
  },
}
