//! What the process says of itself: log lines on stderr, and numbers for Prometheus.
//!
//! One line per event, readable alone. Above `debug` nothing personal is logged: no names, no bodies, no queries.
//! A label never holds what a caller chooses, so the number of series is bounded.

use std::{sync::OnceLock, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::{Log, LogFormat},
    error::{Error, Result},
    http::current_request_id,
};

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts logging. The second call in a process does nothing.
pub fn init_logs(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.level).map_err(Error::internal)?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(std::io::stderr);
    // It fails only when a logger is there already.
    let _ = match log.format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Text => {
            let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
            registry.with(lines.with_ansi(ansi)).try_init()
        }
    };
    Ok(())
}

/// Starts counting. May be called any number of times.
pub fn init_metrics() -> Result<()> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)
        .and_then(|b| {
            b.set_buckets_for_metric(Matcher::Suffix("_size".into()), &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
        })
        .map_err(Error::internal)?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // Of two threads that come here at once one wins; both are served by the winner's.
    if metrics::set_global_recorder(recorder).is_ok() {
        let _ = RECORDER.set(handle);
        describe();
    }
    Ok(())
}

/// All numbers in Prometheus' text format; empty before [`init_metrics`].
pub fn render() -> String {
    match RECORDER.get() {
        Some(handle) => {
            handle.run_upkeep();
            handle.render()
        }
        None => String::new(),
    }
}

macro_rules! series {
    ($($kind:ident $name:ident = $text:literal $words:literal;)*) => {
        /// The names of all series.
        pub mod names {
            $(#[doc = $words] pub const $name: &str = $text;)*
        }
        fn describe() {
            $(metrics::$kind!(names::$name, $words);)*
        }
    };
}

series! {
    describe_counter HTTP_REQUESTS = "frontdesk_http_requests_total" "Requests by method, route and status.";
    describe_histogram HTTP_SECONDS = "frontdesk_http_request_seconds" "Time to answer, by method and route.";
    describe_counter INTAKE = "frontdesk_intake_total" "Messages taken in, by channel and outcome.";
    describe_gauge QUEUE_DEPTH = "frontdesk_queue_depth" "What waits, by queue.";
    describe_histogram BATCH_SIZE = "frontdesk_db_batch_size" "Writing closures per transaction.";
    describe_histogram DB_SECONDS = "frontdesk_db_seconds" "Time in the database, by kind of access.";
    describe_histogram JOB_AGE = "frontdesk_job_age_seconds" "From the time a job was due to its start, by kind.";
    describe_counter JOBS = "frontdesk_jobs_total" "Jobs ended, by kind and outcome.";
    describe_counter DELIVERIES = "frontdesk_deliveries_total" "Outbound messages and webhooks, by channel and outcome.";
    describe_gauge LIVE_CLIENTS = "frontdesk_live_clients" "Connections to the live stream.";
}

pub fn intake(channel: &'static str, outcome: &'static str) {
    metrics::counter!(names::INTAKE, "channel" => channel, "outcome" => outcome).increment(1);
}
pub fn queue_depth(queue: &'static str, waiting: usize) {
    metrics::gauge!(names::QUEUE_DEPTH, "queue" => queue).set(waiting as f64);
}
pub fn batch_size(closures: usize) {
    metrics::histogram!(names::BATCH_SIZE).record(closures as f64);
}
pub fn db_seconds(access: &'static str, seconds: f64) {
    metrics::histogram!(names::DB_SECONDS, "access" => access).record(seconds);
}
pub fn job_age(kind: &'static str, seconds: f64) {
    metrics::histogram!(names::JOB_AGE, "kind" => kind).record(seconds);
}
pub fn job_ended(kind: &'static str, outcome: &'static str) {
    metrics::counter!(names::JOBS, "kind" => kind, "outcome" => outcome).increment(1);
}
pub fn delivery(channel: &'static str, outcome: &'static str) {
    metrics::counter!(names::DELIVERIES, "channel" => channel, "outcome" => outcome).increment(1);
}
pub fn live_clients(count: usize) {
    metrics::gauge!(names::LIVE_CLIENTS).set(count as f64);
}

/// Middleware: counts and times every answer by its route's template, and logs one line without query or body.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    // The template, not the path: a path holds ids and tokens.
    let route =
        request.extensions().get::<MatchedPath>().map_or("unmatched".to_owned(), |p| p.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    metrics::counter!(
        names::HTTP_REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string()
    )
    .increment(1);
    metrics::histogram!(names::HTTP_SECONDS, "method" => method, "route" => route.clone())
        .record(elapsed.as_secs_f64());
    let request_id = current_request_id().unwrap_or_default();
    let ms = elapsed.as_secs_f64() * 1000.0;
    tracing::info!(method, route, status, ms, request_id, "{method} {route} {status} {ms:.1} ms");
    response
}

/// A caller may invent methods; the labels may not follow.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_rendered_with_what_they_mean() {
        super::init_metrics().unwrap();
        super::init_metrics().unwrap();
        super::intake("zalo", "stored");
        let text = super::render();
        assert!(text.contains(r#"frontdesk_intake_total{channel="zalo",outcome="stored"}"#), "{text}");
        assert!(text.contains("# HELP frontdesk_intake_total Messages taken in"), "{text}");
    }
}
