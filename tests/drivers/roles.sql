-- The owner of all tables, and a role whose transactions all bring totals up when they commit. The server listens where
-- drivers that know no Unix sockets can reach it, from its next start.
SET password_encryption = 'scram-sha-256';
CREATE ROLE app LOGIN PASSWORD :'password';
CREATE ROLE app_at_commit LOGIN PASSWORD :'password' IN ROLE app;
ALTER ROLE app_at_commit SET spend_sync.flush = 'commit';
ALTER SYSTEM SET listen_addresses = '127.0.0.1';
ALTER SYSTEM SET port = :port;
ALTER SYSTEM SET deadlock_timeout = '50ms';
ALTER SYSTEM SET lock_timeout = '30s';
