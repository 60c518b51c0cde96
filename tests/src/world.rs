//! Who and what there is on a furnished desk.

use std::{collections::HashMap, sync::OnceLock};

use people::access::{self, NewUser};
use platform::{Db, Entropy, events::Origin};
use serde_json::{Value, json};

use crate::{Client, Session, wire};

/// Of every log-in.
pub const PASSWORD: &str = "correct horse battery staple";

/// What a furnished desk holds.
pub struct World {
    /// Takes *mua*, *giá*, *khuyến mãi*: Lan and Minh work there, the boss manages it.
    pub sales: i64,
    /// Takes *lỗi*, *bảo hành*: Tech works there.
    pub tech: i64,
    /// Takes what nobody claims; nobody works there.
    pub care: i64,
    pub users: HashMap<&'static str, i64>,
    /// By scope.
    pub keys: HashMap<&'static str, String>,
}

/// User name, role, department.
pub const STAFF: &[(&str, &str, &str)] = &[
    ("admin", "admin", ""),
    ("boss", "manager", "sales"),
    ("lan", "agent", "sales"),
    ("minh", "agent", "sales"),
    ("tech", "agent", "tech"),
];

pub const SCOPES: &[&str] = &["intake", "read", "write", "admin"];

impl World {
    pub fn user(&self, name: &str) -> i64 {
        self.users[name]
    }
    pub fn key(&self, scope: &str) -> &str {
        &self.keys[scope]
    }
}

fn password_hash() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| access::hash_password(PASSWORD, &Entropy::system()).expect("a hash")).clone()
}

/// The first administrator through the database, as the command line makes them; everything else through the API, but
/// for the hashing of passwords, which is slow on purpose and done once.
pub async fn furnish(client: &Client, db: &Db) -> World {
    create(db, "admin", "admin", None).await;
    let admin = client.user("admin").await;
    let department = async |name: &str, fallback: bool| {
        admin.post("/departments", json!({"name": name, "is_fallback": fallback})).await.is(201)
    };
    let sales = department("Kinh doanh", false).await;
    let tech = department("Kỹ thuật", false).await;
    let care = department("Chăm sóc khách hàng", true).await;
    let id = |d: &Value| d["id"].as_i64().expect("an id");

    for (name, role, place) in STAFF.iter().filter(|(name, ..)| *name != "admin") {
        let place = if *place == "sales" { &sales } else { &tech };
        create(db, name, role, place["key"].as_str()).await;
    }
    let found = admin.get("/users?limit=200").await.is(200);
    let users: HashMap<&'static str, i64> = STAFF
        .iter()
        .map(|(name, ..)| {
            let row = found["users"].as_array().into_iter().flatten().find(|u| u["username"] == *name);
            (*name, row.unwrap_or_else(|| panic!("{name} is not listed: {found}"))["id"].as_i64().unwrap())
        })
        .collect();
    let members = json!({"members": [
        {"user_id": users["boss"], "is_manager": true, "is_primary": true},
        {"user_id": users["lan"], "is_primary": true},
        {"user_id": users["minh"], "is_primary": true},
    ]});
    admin.put(&format!("/departments/{}/members", id(&sales)), members).await.is(200);
    for name in ["lan", "minh", "tech"] {
        set_status(&admin, users[name], "available").await;
    }
    for (word, department, priority) in [
        ("mua hàng", &sales, 3),
        ("mua", &sales, 1),
        ("giá", &sales, 2),
        ("khuyến mãi", &sales, 2),
        ("lỗi", &tech, 3),
        ("bảo hành", &tech, 2),
    ] {
        let keyword = json!({"word": word, "department_id": id(department), "priority": priority});
        admin.post("/keywords", keyword).await.is(201);
    }
    for account in wire::ACCOUNTS {
        admin.post("/admin/channels", account.as_json()).await.is(201);
    }
    let mut keys = HashMap::new();
    for scope in SCOPES {
        let key = json!({"name": format!("test {scope}"), "scope": scope});
        let made = admin.post("/admin/integrations/api-keys", key).await.is(201);
        keys.insert(*scope, made["api_key"].as_str().expect("the key, once").to_owned());
    }
    World { sales: id(&sales), tech: id(&tech), care: id(&care), users, keys }
}

/// Says that somebody is `available`, `busy`, `away` or `offline`.
pub async fn set_status(by: &Session, user: i64, status: &str) {
    by.put(&format!("/users/{user}/status"), json!({"status": status})).await.is(200);
}

async fn create(db: &Db, name: &str, role: &str, department: Option<&str>) {
    let new = NewUser {
        email: format!("{name}@example.com"),
        username: Some(name.to_owned()),
        name: name.to_owned(),
        role: role.to_owned(),
        departments: department.map(str::to_owned).into_iter().collect(),
        password_hash: Some(password_hash()),
        capacity: None,
        vendor_id: None,
    };
    db.write(move |tx| access::create_user(tx, &Origin::system(), &new).map(|_| ()))
        .await
        .unwrap_or_else(|e| panic!("{name}: {e}"));
}
