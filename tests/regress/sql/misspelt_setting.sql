-- PostgreSQL 15 and later: a misspelt setting, or one of a version before, is an error once the library is loaded. (14 takes any name with a dot in it.)
CREATE EXTENSION spend_sync;
SELECT count(*) AS attached FROM spend_sync.binding;
SET spend_sync.flush = 'commit';
\echo :SQLSTATE
SELECT set_config('spend_sync.recompute', '1', false);
\echo :SQLSTATE
