-- The log is read newest first, whole or narrowed down; an index each.
CREATE INDEX audit_log_at ON audit_log (at, id);
CREATE INDEX audit_log_subject_at ON audit_log (subject, at, id);
CREATE INDEX audit_log_actor_at ON audit_log (actor, at, id);
CREATE INDEX audit_log_action_at ON audit_log (action, at, id);
DROP INDEX audit_log_subject ON audit_log;
DROP INDEX audit_log_actor ON audit_log;
DROP INDEX audit_log_action ON audit_log;
