-- What members of staff may do: roles with the names of permissions, and who has which. `name_key` is the folded name.
CREATE TABLE staff_roles (
    id BIGINT NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    name_key VARCHAR(255) NOT NULL,
    description VARCHAR(500) NOT NULL,
    permissions VARCHAR(500) NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE KEY staff_roles_name (name_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE user_staff_roles (
    user_id BIGINT NOT NULL,
    role_id BIGINT NOT NULL,
    PRIMARY KEY (user_id, role_id),
    KEY user_staff_roles_role (role_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
-- The back office lists accounts by address, all of them or those of a role or a status.
CREATE INDEX users_role ON users (role, email);
CREATE INDEX users_status ON users (status, email);
CREATE INDEX users_role_status ON users (role, status, email);
