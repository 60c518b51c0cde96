//! The running desk: opened, migrated, its loops started.

use std::{path::Path, sync::Arc, time::Duration};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use crm::Crm;
use people::{
    Desk,
    contacts::{
        erase,
        merge::{self, Merging},
        search,
    },
};
use platform::{
    Clock, Db, Entropy, Error, Result,
    config::Config,
    crypto::Keyring,
    db::{Engine, Reactors, Target, dialect, migrate},
    events::sequencer,
    http::{Api, DbIdempotency, Idempotency, RouteInfo, StackOptions, idempotency, stack},
    jobs::Workers,
    shutdown::Stop,
};
use support::{Support, canned_replies};
use tokio::{sync::watch, task::JoinHandle};

use crate::{document, links, migrations, status};

/// Routes without a memory of what they answered: those whose answers show a secret once (sessions, keys, one-time links), and
/// uploads, whose bodies are not held in memory; one that is sent twice waits twice, and goes when nobody sends it.
const ANSWERED_ANEW: &[&str] = &[
    "/auth",
    "/api-keys",
    "/users",
    "/ws/ticket",
    "/tasks/calendar-feed",
    "/attachments",
    "/leads/import",
    "/vendors",
];
/// Routes that take files.
const UPLOADS: &[&str] = &["/api/v1/attachments", "/api/v1/leads/import"];

/// Everything that a node runs.
pub struct App {
    pub support: Support,
    pub crm: Crm,
    /// Raised to stop every loop.
    stop: watch::Sender<bool>,
    workers: Option<JoinHandle<()>>,
}

/// Opens the database of `config`, after a snapshot brings it to the present schema, and keeps roles in step.
pub fn open_database(config: &Config, clock: &Clock, reactors: Reactors) -> Result<Db> {
    let options = config.db_options()?;
    if let Target::Sqlite(path) = &options.target {
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| unusable(folder, &e))?;
        }
        snapshot_before_migrating(config, path, clock)?;
    }
    let db = Db::open(&options, clock.clone(), reactors)?;
    let applied = migrate::run(&db, migrations::ALL)?;
    if !applied.is_empty() {
        tracing::info!(migrations = ?applied, "the database was brought up to date");
    }
    db.write_now(people::access::sync_system_roles)?;
    let country = config.org.default_country.clone();
    db.write_now(move |tx| people::settings::keep_org(tx, &country))?;
    Ok(db)
}

fn unusable(folder: &Path, e: &std::io::Error) -> Error {
    Error::unavailable(format!(
        "The data folder {} cannot be used: {e}. Choose another with --data.",
        folder.display()
    ))
}

/// A copy of the file beside it, when there are migrations to apply to an existing database.
fn snapshot_before_migrating(config: &Config, path: &Path, clock: &Clock) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let db = Db::open(&config.db_options()?, clock.clone(), Reactors::default())?;
    let fresh = !db.read_now(|c| dialect::has_table(c, "migrations"))?;
    if fresh || !migrate::pending(&db, migrations::ALL)? {
        return Ok(());
    }
    drop(db);
    let stamp = platform::time::rfc3339(clock.now()).replace([':', '.'], "-");
    let copy = path.with_extension(format!("before-upgrade-{stamp}.db"));
    migrate::snapshot(path, &copy)?;
    tracing::info!(file = %copy.display(), "a snapshot was taken before migrating");
    Ok(())
}

/// What happens in one slice because something happened in another.
pub fn reactors() -> Reactors {
    let mut reactors = Reactors::default();
    support::routing::reactors(&mut reactors);
    crm::reactors(&mut reactors);
    links::reactors(&mut reactors);
    reactors
}

impl App {
    /// Opens the desk and starts its loops: the event feed, on PostgreSQL the sequencer, and where the role says so the
    /// workers.
    pub async fn start(config: Config, clock: Clock, entropy: Entropy) -> Result<App> {
        std::fs::create_dir_all(&config.data.dir).map_err(|e| unusable(&config.data.dir, &e))?;
        let keyring = Keyring::load(&config, entropy.clone())?;
        let opening = (config.clone(), clock.clone());
        let db = tokio::task::spawn_blocking(move || open_database(&opening.0, &opening.1, reactors()))
            .await
            .map_err(Error::internal)??;
        let (stop, stopping) = watch::channel(false);
        if db.engine() == Engine::Postgres {
            sequencer::start(db.clone(), &config.database_url(), stopping.clone());
        }
        let desk = Desk::start(config, db, entropy, keyring, stopping.clone()).await?;
        desk.db.write(crm::pipelines::ensure_default).await?;
        let support = Support::start(desk, stopping.clone()).await?;
        let crm = Crm {
            desk: support.desk.clone(),
            sources: Arc::new(links::sources(&support)),
            counts: Arc::default(),
        };
        let works = support.desk.config.server.role.works();
        let workers = works.then(|| tokio::spawn(workers(&support, &crm).run(stopping)));
        Ok(App { support, crm, stop, workers })
    }

    pub fn desk(&self) -> &Desk {
        &self.support.desk
    }

    pub fn stopping(&self) -> Stop {
        self.stop.subscribe()
    }

    /// The whole HTTP face: the API, its document, health, metrics and the user interface.
    pub fn router(&self) -> Router {
        let desk = self.desk();
        let mut api = support::api().with_state::<()>(self.support.clone());
        api.merge(canned_replies::api().with_state(links::replies(&self.support)));
        api.merge(people::api().with_state(desk.clone()));
        api.merge(merge::api().with_state(merging(desk)));
        api.merge(erase::api().with_state(crate::erase::erasing(&self.support, &self.crm)));
        api.merge(crm::api().with_state(self.crm.clone()));
        api.keeps_no_answers_of(ANSWERED_ANEW);
        let (api, document, _) = api.into_parts();
        let keep = Idempotency::new(DbIdempotency(desk.db.clone()), desk.config.http.body_limit_bytes)
            .never(ANSWERED_ANEW);
        let api =
            api.layer(from_fn_with_state(keep, idempotency)).layer(from_fn(people::access::rate_headers));
        let routes = Router::new()
            .nest("/api/v1", api)
            .merge(document::router(document))
            .merge(status::router(desk.clone()))
            .route("/api/{*rest}", get(platform::http::fallback).post(platform::http::fallback))
            .route("/", get(webui::serve))
            .route("/{*page}", get(webui::serve));
        let options = StackOptions::new(&desk.config, desk.entropy.clone());
        stack(routes, &StackOptions { uploads: UPLOADS, ..options })
    }

    /// Stops the loops; running jobs are finished first, for ten seconds at most.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Some(workers) = self.workers {
            let _ = tokio::time::timeout(Duration::from_secs(10), workers).await;
        }
        if let Err(e) = self.support.desk.access.flush().await {
            tracing::warn!(error = %e, "the last second of API key counts was not stored");
        }
        if let Err(e) = self.support.flush().await {
            tracing::warn!(error = %e, "when channels were last heard was not stored");
        }
    }
}

/// Every route of the program, described.
pub fn document() -> Api {
    let mut api = support::api().described();
    api.merge(canned_replies::api().described());
    api.merge(people::api::<Desk>().described());
    api.merge(merge::api().described());
    api.merge(erase::api().described());
    api.merge(crm::api().described());
    api.keeps_no_answers_of(ANSWERED_ANEW);
    api
}

/// Every route with what it asks of its caller, for the tests that try them all.
pub fn routes() -> Vec<RouteInfo> {
    document().into_parts().2
}

fn merging(desk: &Desk) -> Merging {
    Merging { desk: desk.clone(), holdings: links::HOLDINGS }
}

fn workers(support: &Support, crm: &Crm) -> Workers {
    let workers = support::workers(Workers::new(support.desk.db.clone()), support);
    let workers = crm::workers(workers, crm);
    let workers = merge::jobs::workers(workers, &merging(&support.desk));
    let workers = erase::jobs::workers(workers, &crate::erase::erasing(support, crm));
    let workers = search::workers(workers, &support.desk.db);
    let db = support.desk.db.clone();
    let workers = workers.every("access.prune", Duration::from_secs(600), move || {
        let db = db.clone();
        async move {
            while db.write_bulk(people::access::prune).await? >= 500 {}
            while db.write_bulk(people::notifications::prune).await? >= 500 {}
            Ok(())
        }
    });
    let db = support.desk.db.clone();
    workers.every("idempotency.prune", Duration::from_secs(600), move || {
        let db = db.clone();
        async move { DbIdempotency(db).prune().await.map(|_| ()) }
    })
}
