-- A view tracker: one clip of one of three campaigns was seen again.
\set clip 39 * random(2, 101) + random(0, 2)
\set views random(1, 2000)
UPDATE clips SET views = views + :views, earnings = coalesce(earnings, 0) + round(:views / 1000.0, 2)
WHERE id = 'cm' || substr(md5('clip' || :clip), 1, 23);
