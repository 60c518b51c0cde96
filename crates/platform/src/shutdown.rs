//! Stopping: one flag that every loop of the process watches.

use tokio::sync::watch;

/// Turns true once; loops finish what they hold and end.
pub type Stop = watch::Receiver<bool>;

/// Returns when the flag is up, or when nobody holds it any more.
pub async fn stopped(stop: &mut Stop) {
    let _ = stop.wait_for(|s| *s).await;
}
