//! Where a desk keeps its things: a folder and a database of one test, gone with this value.

use platform::{
    Db,
    db::{Sql, Target},
    testing::{Setup, TestDb},
};
use tempfile::TempDir;

use crate::{Client, World, furnish};

/// A folder and a migrated database. The tests look into the database through a handle of their own.
pub struct Place {
    pub folder: TempDir,
    database: TestDb,
}

impl Place {
    pub fn sqlite() -> Place {
        Place::with(setup().sqlite())
    }

    /// `None`, and a line that says so, where no server is named.
    pub fn postgres() -> Option<Place> {
        setup().postgres().map(Place::with)
    }

    fn with(database: TestDb) -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Place { folder, database }
    }

    /// Both engines; one, where no PostgreSQL is named.
    pub fn each() -> Vec<Place> {
        [Some(Place::sqlite()), Place::postgres()].into_iter().flatten().collect()
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.database.options.target, Target::Postgres(_))
    }

    /// As `database.url` takes it.
    pub fn url(&self) -> String {
        match &self.database.options.target {
            Target::Sqlite(path) => format!("sqlite:{}", path.display()),
            Target::Postgres(url) => url.clone(),
        }
    }

    pub fn db(&self) -> &Db {
        &self.database.db
    }

    /// People, departments, keywords, channels.
    pub async fn furnish(&self, client: &Client) -> World {
        furnish(client, self.db()).await
    }

    /// One number: `SELECT count(*) FROM messages`.
    pub async fn number(&self, sql: &str) -> i64 {
        let text = sql.to_owned();
        let found = self.db().read(move |c| c.value::<i64>(Sql::built(&text), &[])).await;
        found.unwrap_or_else(|e| panic!("{sql}: {e}")).unwrap_or_else(|| panic!("{sql}: no row"))
    }

    /// One text per row.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let text = sql.to_owned();
        let found = self.db().read(move |c| c.all(Sql::built(&text), &[], |r| r.get::<String>(0))).await;
        found.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// One number per row.
    pub async fn numbers(&self, sql: &str) -> Vec<i64> {
        let text = sql.to_owned();
        let found = self.db().read(move |c| c.all(Sql::built(&text), &[], |r| r.get::<i64>(0))).await;
        found.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// How many rows each table holds, and of those that count their changes, how many there were.
    pub async fn fingerprint(&self, without: &[&str]) -> Vec<(String, i64)> {
        let mut all = Vec::new();
        for (table, versioned) in tables() {
            if without.contains(&table.as_str()) {
                continue;
            }
            all.push((table.clone(), self.number(&format!("SELECT count(*) FROM {table}")).await));
            if versioned {
                let sum = format!("SELECT CAST(coalesce(sum(version), 0) AS bigint) FROM {table}");
                all.push((format!("versions of {table}"), self.number(&sum).await));
            }
        }
        all
    }
}

fn setup() -> Setup {
    Setup::new(frontdesk::migrations::ALL).tune(|o| {
        o.pg_connections = 2;
        o.readers = 1;
    })
}

/// Every table of the migrations, and whether it has a `version`.
pub fn tables() -> Vec<(String, bool)> {
    let mut tables = Vec::new();
    for migration in frontdesk::migrations::ALL {
        for part in migration.text.split("CREATE TABLE ").skip(1) {
            let name = part.split_whitespace().next().unwrap_or_default();
            let body = part.split("\n);").next().unwrap_or_default();
            tables.push((name.to_owned(), body.contains("\n  version bigint")));
        }
    }
    tables
}
