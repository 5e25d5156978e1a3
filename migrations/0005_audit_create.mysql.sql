CREATE TABLE audit_log (
    id          BIGINT NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor       BIGINT NOT NULL,
    role        VARCHAR(16) NOT NULL,
    action      VARCHAR(64) NOT NULL,
    subject     VARCHAR(64) NOT NULL,
    before_json MEDIUMTEXT,
    after_json  MEDIUMTEXT,
    request_id  VARCHAR(64) NOT NULL,
    KEY audit_log_subject (subject, id),
    KEY audit_log_actor (actor, id),
    KEY audit_log_action (action, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
