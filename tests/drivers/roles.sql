-- The owner of all tables. The server listens where drivers that know no Unix sockets can reach it, from its next start.
SET password_encryption = 'scram-sha-256';
CREATE ROLE app LOGIN PASSWORD :'password';
ALTER SYSTEM SET listen_addresses = '127.0.0.1';
ALTER SYSTEM SET port = :port;
ALTER SYSTEM SET deadlock_timeout = '50ms';
ALTER SYSTEM SET lock_timeout = '30s';
