-- The same trigger for a second total that the clips feed.
CREATE FUNCTION bench_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE authors a SET spent = a.spent + NEW.earnings - OLD.earnings
  FROM author_clips l
  WHERE l.clip = NEW.id AND l.status = 'APPROVED' AND a.id = l.author;
  RETURN NULL;
END $$;
CREATE TRIGGER bench_other AFTER UPDATE OF earnings ON clips FOR EACH ROW
  WHEN (OLD.earnings IS DISTINCT FROM NEW.earnings) EXECUTE FUNCTION bench_other();
