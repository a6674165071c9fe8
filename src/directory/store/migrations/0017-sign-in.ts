/** Passkeys, the links by which they are enrolled, and the sessions of the console. A subject is an administrator or a human. */
export const SIGN_IN = `
  CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    -- Id of the credential, and its public key (COSE), base64url.
    credential TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    -- How often its authenticator was used, where that counts.
    counter INTEGER NOT NULL,
    -- The name of the console that it belongs to.
    rp TEXT NOT NULL,
    name TEXT NOT NULL,
    synced INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX passkeys_of_subject ON passkeys (subject, created_at);

  -- The newest one of each subject.
  CREATE TABLE invitations (
    subject TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    method TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- When it was last used, up to a minute.
    seen_at INTEGER NOT NULL,
    -- When its person last signed in or showed the passkey.
    proven_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    browser TEXT NOT NULL
  ) STRICT;

  CREATE INDEX sessions_of_subject ON sessions (subject, number);

  CREATE TRIGGER principals_signed_out AFTER UPDATE OF revoked_at ON principals
    WHEN NEW.revoked_at IS NOT NULL
  BEGIN
    DELETE FROM sessions WHERE subject = NEW.id;
    DELETE FROM invitations WHERE subject = NEW.id;
    DELETE FROM passkeys WHERE subject = NEW.id;
  END;

  CREATE TRIGGER humans_signed_out AFTER UPDATE OF status, deleted_at ON humans
    WHEN NEW.status <> 'active' OR NEW.deleted_at IS NOT NULL
  BEGIN
    DELETE FROM sessions WHERE subject = NEW.id;
    DELETE FROM invitations WHERE subject = NEW.id;
    DELETE FROM passkeys WHERE subject = NEW.id AND NEW.deleted_at IS NOT NULL;
  END;
`
