-- Many small transactions, slow enough for a snapshot of the subscriber to fall between any two.
SELECT format('UPDATE clips SET earnings = earnings + 0.01 WHERE id = %s', n), 'SELECT FROM pg_sleep(0.02)'
    FROM generate_series(20, 49) n
\gexec
