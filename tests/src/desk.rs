//! A desk in the test's own process.

use std::{net::SocketAddr, ops::Deref};

use frontdesk::app::App;
use platform::{Clock, Entropy, config::Config, testing::runtime};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{Client, NOW, Place, World};

/// A running desk, furnished. Its clock stands at [`NOW`] until the test moves it.
pub struct Desk {
    pub place: Place,
    pub clock: Clock,
    pub client: Client,
    pub world: World,
    running: Option<Running>,
    tune: fn(&mut Config),
}

struct Running {
    app: App,
    server: JoinHandle<()>,
}

/// Runs `test` on a furnished desk on each engine in turn.
pub fn on_each_engine(test: impl AsyncFn(&mut Desk)) {
    on_each_engine_with(|_| {}, test);
}

/// The same with `tune` made to the configuration.
pub fn on_each_engine_with(tune: fn(&mut Config), test: impl AsyncFn(&mut Desk)) {
    Place::each().into_iter().for_each(|place| run(place, tune, &test));
}

/// For what does not touch storage in a way of its own.
pub fn on_sqlite(test: impl AsyncFn(&mut Desk)) {
    run(Place::sqlite(), |_| {}, &test);
}

fn run(place: Place, tune: fn(&mut Config), test: &impl AsyncFn(&mut Desk)) {
    let engine = if place.is_postgres() { "PostgreSQL" } else { "SQLite" };
    eprintln!("on {engine}");
    runtime().block_on(async {
        let mut desk = Desk::open(place, tune).await;
        test(&mut desk).await;
        desk.stop().await;
    });
}

impl Desk {
    pub async fn open(place: Place, tune: fn(&mut Config)) -> Desk {
        let clock = Clock::manual(NOW);
        let (running, client) = start(&place, &clock, tune).await;
        let world = place.furnish(&client).await;
        Desk { place, clock, client, world, running: Some(running), tune }
    }

    /// Stops it in an orderly way and starts it again on the same database, at another address.
    pub async fn restart(&mut self) {
        self.stop().await;
        let (running, client) = start(&self.place, &self.clock, self.tune).await;
        (self.running, self.client) = (Some(running), client);
    }

    pub async fn stop(&mut self) {
        if let Some(Running { app, server }) = self.running.take() {
            server.abort();
            app.stop().await;
        }
    }

    pub fn app(&self) -> &App {
        &self.running.as_ref().expect("the desk runs").app
    }

    pub async fn admin(&self) -> crate::Session {
        self.client.user("admin").await
    }
}

impl Deref for Desk {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.place
    }
}

async fn start(place: &Place, clock: &Clock, tune: fn(&mut Config)) -> (Running, Client) {
    let mut config = Config::for_testing();
    config.data.dir = place.folder.path().to_owned();
    config.database.url = platform::config::Secret::new(place.url());
    config.http.allow_private_addresses = true;
    config.db.pg_connections = 8;
    tune(&mut config);
    let app = App::start(config, clock.clone(), Entropy::system()).await.expect("the desk starts");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let service = app.router().into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move {
        axum::serve(listener, service).await.expect("it serves");
    });
    (Running { app, server }, Client::new(format!("http://{address}")))
}
