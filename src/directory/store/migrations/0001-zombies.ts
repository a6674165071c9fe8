/** Registrations that nobody needs, answers for or looks after, as the last sweep found them. Triggers count. */

const TABLES = `
  CREATE TABLE zombies (
    registration TEXT PRIMARY KEY REFERENCES registrations (id),
    -- Of the registration.
    number INTEGER NOT NULL UNIQUE,
    -- Words of ZOMBIE_REASONS in their order: a JSON array.
    reasons TEXT NOT NULL,
    since INTEGER NOT NULL,
    -- What the sweep did for these reasons.
    done TEXT NOT NULL CHECK (done IN ('reported', 'warned', 'suspended', 'retired', 'failed')),
    done_at INTEGER NOT NULL,
    -- Why it failed.
    code TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE zombie_reasons (
    reason TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (reason, number)
  ) STRICT, WITHOUT ROWID;

  -- The sweep that runs, or the last one. A sweep that was interrupted goes on after this number.
  CREATE TABLE zombie_sweep (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    started_at INTEGER,
    finished_at INTEGER,
    after INTEGER NOT NULL,
    looked_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO zombie_sweep VALUES (1, NULL, NULL, 0, 0);
`

const count = (state: string, by: 1 | -1) =>
  `INSERT INTO register_counts VALUES ('zombies', ${state}, ${by}) ON CONFLICT DO UPDATE SET count = count + (${by});`

const COUNTED = `
  CREATE TRIGGER zombies_counted AFTER INSERT ON zombies BEGIN
    ${count("'all'", 1)}
    INSERT INTO zombie_reasons SELECT value, NEW.number FROM json_each(NEW.reasons);
  END;
  CREATE TRIGGER zombies_recounted AFTER UPDATE OF reasons ON zombies WHEN OLD.reasons <> NEW.reasons BEGIN
    DELETE FROM zombie_reasons WHERE number = OLD.number AND reason IN (SELECT value FROM json_each(OLD.reasons));
    INSERT INTO zombie_reasons SELECT value, NEW.number FROM json_each(NEW.reasons);
  END;
  CREATE TRIGGER zombies_discounted AFTER DELETE ON zombies BEGIN
    ${count("'all'", -1)}
    DELETE FROM zombie_reasons WHERE number = OLD.number AND reason IN (SELECT value FROM json_each(OLD.reasons));
  END;
  CREATE TRIGGER registrations_buried AFTER UPDATE OF state ON registrations WHEN NEW.state = 'retired'
    BEGIN DELETE FROM zombies WHERE registration = NEW.id; END;
  CREATE TRIGGER zombie_reasons_counted AFTER INSERT ON zombie_reasons BEGIN ${count('NEW.reason', 1)} END;
  CREATE TRIGGER zombie_reasons_discounted AFTER DELETE ON zombie_reasons BEGIN ${count('OLD.reason', -1)} END;
`

export const ZOMBIES = [TABLES, COUNTED].join('\n')
