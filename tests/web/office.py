"""What the browser tests of the back office share: who is signed in."""
import uuid

PASSWORD = "nine green teapots"


def session(shop, *permissions):
    """The tokens of a new administrator, or of a member of staff with these permissions."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    if permissions:
        role = shop.post("/admin/roles", {"name": uuid.uuid4().hex, "permissions": list(permissions)}, headers=shop.owner()).json()
        body = {"email": email, "name": "林月", "role": "staff", "role_ids": [role["id"]], "password": PASSWORD}
    else:
        body = {"email": email, "name": "周明", "role": "admin", "role_ids": [], "password": PASSWORD}
    made = shop.post("/admin/users", body, headers=shop.owner())
    assert made.status_code == 201, made.text
    tokens = shop.post("/auth/login", {"email": email, "password": PASSWORD}).json()
    return {"access_token": tokens["access_token"], "refresh_token": tokens["refresh_token"]}
