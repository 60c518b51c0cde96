//! Is it alive, is it ready, what does it count.

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use people::Desk;
use platform::{Error, Result, sql};
use serde_json::json;

/// `/health`, `/ready`, `/metrics`, at the root and below `/api/v1`.
pub fn router(desk: Desk) -> Router {
    let mut router = Router::new();
    for base in ["", "/api/v1"] {
        router = router
            .route(&format!("{base}/health"), get(health))
            .route(&format!("{base}/ready"), get(ready))
            .route(&format!("{base}/metrics"), get(metrics));
    }
    router.with_state(desk)
}

/// The process answers.
async fn health() -> impl IntoResponse {
    axum::Json(json!({"status": "healthy"}))
}

/// The database can be written and the event feed keeps up.
async fn ready(State(desk): State<Desk>) -> Result<impl IntoResponse> {
    let probe = desk.db.write(|tx| tx.value::<i64>(sql!("SELECT count(*) FROM migrations"), &[])).await;
    let migrations = probe.map_err(|_| Error::unavailable("The database cannot be written."))?.unwrap_or(0);
    Ok(axum::Json(json!({"status": "ready", "migrations": migrations, "event_seq": desk.feed.position()})))
}

/// Prometheus text.
async fn metrics(State(desk): State<Desk>) -> Result<impl IntoResponse> {
    let stats = desk.db.stats();
    let backlog = desk.db.read(platform::jobs::backlog).await?;
    platform::telemetry::queue_depth("db", stats.queued as usize);
    let mut text = platform::telemetry::render();
    let mut line = |name: &str, labels: &str, value: u64| text.push_str(&format!("{name}{labels} {value}\n"));
    line("frontdesk_db_writes_total", "", stats.writes);
    line("frontdesk_db_commits_total", "", stats.commits);
    line("frontdesk_db_reads_total", "", stats.reads);
    line("frontdesk_db_conflict_retries_total", "", stats.retries);
    line("frontdesk_db_given_up_total", "", stats.given_up);
    for (kind, state, count, _) in backlog {
        line("frontdesk_jobs_waiting", &format!("{{kind=\"{kind}\",state=\"{state}\"}}"), count as u64);
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
