//! Starts the server, and ends it when it is told to.

use anyhow::{Context, Result};
use spend_sync_admin::{App, Config, router};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long requests that run may still take after the signal.
const LAST_REQUESTS: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("spend-sync-admin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let config = Config::from_environment()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    tracing::info!("listening on http://{address}");
    if !address.ip().is_loopback() {
        tracing::warn!(
            "others can reach this address: put a proxy with TLS in front, or the token travels in the clear"
        );
    }
    let app = App::new(&config);
    let ending = end(app.clone(), signals()?);
    axum::serve(listener, router(app.clone()))
        .with_graceful_shutdown(ending)
        .await?;
    app.close().await;
    tracing::info!("ended");
    Ok(())
}

/// SIGTERM, as services are stopped, or SIGINT, as people do it.
fn signals() -> Result<impl Future<Output = ()>> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
    })
}

/// No new connections from here on; what runs may finish, but not for ever.
async fn end(app: App, signals: impl Future<Output = ()>) {
    signals.await;
    tracing::info!(
        "ending: no new requests, {} s for those that run",
        LAST_REQUESTS.as_secs()
    );
    app.stop();
    tokio::spawn(async {
        tokio::time::sleep(LAST_REQUESTS).await;
        tracing::warn!("some requests did not end in time");
        std::process::exit(1);
    });
}
