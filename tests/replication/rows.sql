-- What is there before the subscription: the initial copy brings it.
INSERT INTO campaigns SELECT n, 'Campaign ' || n FROM generate_series(1, 5) n;
INSERT INTO clips SELECT n, n FROM generate_series(1, 50) n;
INSERT INTO clip_submissions SELECT n, 1 + n % 5, n, CASE WHEN n % 3 = 0 THEN 'PENDING' ELSE 'APPROVED' END FROM generate_series(1, 50) n;
