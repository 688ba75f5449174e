CREATE SCHEMA hostile;
CREATE TABLE hostile.campaigns (id int);
CREATE TABLE hostile.clips (id int);
CREATE TABLE hostile.pg_trigger (oid oid);
CREATE FUNCTION hostile.lie(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION hostile.lie(numeric, numeric) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR hostile.= (FUNCTION = hostile.lie, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR hostile.= (FUNCTION = hostile.lie, LEFTARG = numeric, RIGHTARG = numeric);
ALTER DATABASE hostile SET search_path = hostile, pg_catalog;
