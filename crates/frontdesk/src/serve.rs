//! Listening: plain or TLS, until SIGTERM or Ctrl-C; then what is in flight is finished.

use std::{net::SocketAddr, time::Duration};

use axum_server::Handle;
use platform::{Clock, Entropy, Error, Result, config::Config};

use crate::app::App;

/// Serves until told to stop. `ready` hears the address once it listens.
pub async fn run(mut config: Config, ready: impl FnOnce(&App, SocketAddr) + Send) -> Result<()> {
    let listener = std::net::TcpListener::bind(config.server.listen).map_err(|e| {
        Error::unavailable(format!(
            "{} cannot be listened on: {e}. Choose another with --listen.",
            config.server.listen
        ))
    })?;
    listener.set_nonblocking(true).map_err(Error::internal)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    // Port 0 was a wish; links name the port that it became.
    config.server.listen = address;
    let app = App::start(config, Clock::system(), Entropy::system()).await?;
    let config = app.desk().config.clone();
    let handle = Handle::new();
    let service = app.router().into_make_service_with_connect_info::<SocketAddr>();

    let stopping = handle.clone();
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping: finishing what is in flight");
        stopping.graceful_shutdown(Some(Duration::from_secs(10)));
    });
    ready(&app, address);
    let served = if config.server.tls_cert.is_empty() {
        axum_server::from_tcp(listener).map_err(Error::internal)?.handle(handle).serve(service).await
    } else {
        let tls = axum_server::tls_rustls::RustlsConfig::from_pem_file(
            &config.server.tls_cert,
            &config.server.tls_key,
        )
        .await
        .map_err(|e| Error::unavailable(format!("The TLS certificate or key cannot be used: {e}.")))?;
        axum_server::from_tcp_rustls(listener, tls)
            .map_err(Error::internal)?
            .handle(handle)
            .serve(service)
            .await
    };
    app.stop().await;
    served.map_err(Error::internal)
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            return;
        }
    }
    let _ = interrupt.await;
}
