//! `frontdesk demo`: a complete desk in a temporary folder.
//!
//! People, departments, keywords and connected channels come from a preset; simulated customers write in through the
//! real signed webhooks, some of them spammers, and simulated colleagues answer through the real API. Before it runs some
//! weeks of leads have happened on it. Nothing here takes a short cut into the database once the desk runs. The log-ins exist
//! in the demo alone.

mod colleagues;
mod customers;
mod history;
mod office;
mod script;

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use people::{
    UserId,
    access::{self, NewUser, members},
};
use platform::{
    Clock, Entropy, Error, Result, Tx, config::Config, crypto::Keyring, events::Origin, telemetry,
};
use support::accounts::{NewAccount, setup};

use crate::{
    app::{open_database, reactors},
    cli::block_on,
    preset, serve,
};

/// The password of every log-in of the demo.
const PASSWORD: &str = "frontdesk-demo";

#[derive(Debug, Args)]
pub struct Options {
    /// Which ready-made set-up.
    #[arg(long, default_value = "retail", value_parser = preset::NAMES)]
    preset: String,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Without customers who write in.
    #[arg(long)]
    no_traffic: bool,
    /// Seconds between two customers' messages, on average.
    #[arg(long, default_value_t = 6.0)]
    pace: f64,
}

/// The channels that the simulated customers use, with their signing secrets.
#[derive(Debug, Clone)]
struct Secrets {
    meta: String,
    zalo: String,
    zalo_app: String,
    telegram: String,
    generic: String,
}

const PAGE: &str = "104857610293847";
const INSTAGRAM: &str = "17841405822304914";
const WHATSAPP: &str = "106540352242922";
const OA: &str = "3887234561234567890";
const BOT: &str = "frontdesk_demo_bot";
const PLATFORM: &str = "hotline";

/// Runs the demo until it is stopped; its folder is removed then.
pub fn run(options: Options, log_format: Option<String>) -> Result<()> {
    let preset = preset::load(&options.preset)?;
    let folder = tempfile::Builder::new().prefix("frontdesk-demo-").tempdir().map_err(Error::internal)?;
    let mut overrides = vec![
        ("data.dir", folder.path().display().to_string()),
        ("server.listen", options.listen.to_string()),
        ("http.open_webhook", "true".to_owned()),
        ("log.level", "warn".to_owned()),
        // Nothing of it outlives the process.
        ("db.synchronous", "NORMAL".to_owned()),
        ("org.name", preset.organisation.clone()),
        ("org.default_country", preset.country.clone()),
        ("org.timezone", preset.timezone.clone()),
    ];
    overrides.extend(log_format.map(|f| ("log.format", f)));
    let config = Config::load(None, &overrides)?;
    telemetry::init_logs(&config.log)?;
    telemetry::init_metrics()?;
    let entropy = Entropy::system();
    let secrets = Secrets {
        meta: entropy.token(24),
        zalo: entropy.token(24),
        zalo_app: "4217098765432109876".to_owned(),
        telegram: entropy.token(24),
        generic: format!("whsec_{}", base64_secret(&entropy)),
    };
    let hash = access::hash_password(PASSWORD, &entropy)?;
    let keys = furnish(&config, &preset, &secrets, &hash, &entropy)?;
    block_on(serve::run(config, move |app, address| {
        greet(address, &preset.people);
        if !options.no_traffic {
            let base = format!("http://{address}");
            let pace = Duration::from_secs_f64(options.pace.clamp(0.05, 3600.0));
            let (talks, speech) = (script::talks(&preset.name), script::speech(&preset.country));
            tokio::spawn(customers::write_in(base.clone(), secrets, talks, pace, app.stopping()));
            tokio::spawn(office::ask(base.clone(), preset.name.clone(), keys, pace * 2, app.stopping()));
            for person in preset.people.into_iter().filter(|p| p.joins_in) {
                let (base, user) = (base.clone(), person.username);
                tokio::spawn(colleagues::work(
                    base.clone(),
                    user.clone(),
                    PASSWORD,
                    speech,
                    pace * 3,
                    app.stopping(),
                ));
                tokio::spawn(office::work(base, user, PASSWORD, speech, pace * 3, app.stopping()));
            }
        }
    }))
}

fn base64_secret(entropy: &Entropy) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    STANDARD.encode(bytes)
}

/// People, departments, keywords, what happened since they began, channels.
fn furnish(
    config: &Config,
    preset: &preset::Preset,
    secrets: &Secrets,
    hash: &str,
    entropy: &Entropy,
) -> Result<office::Keys> {
    let now = Clock::system().now();
    let clock = Clock::manual(now - history::SPAN);
    std::fs::create_dir_all(&config.data.dir).map_err(Error::internal)?;
    let keyring = Keyring::load(config, entropy.clone())?;
    let db = open_database(config, &clock, reactors())?;
    let people = {
        let (preset, keyring, entropy, hash) =
            (preset.clone(), keyring.clone(), entropy.clone(), hash.to_owned());
        db.write_now(move |tx| {
            crm::pipelines::ensure_default(tx)?;
            preset::apply(tx, &keyring, &entropy, &preset)?;
            staff(tx, &preset.people, &hash)
        })?
    };
    let agents = sellers(preset, &people);
    history::live(&db, &clock, &config.org.timezone, preset, &people, agents, now)?;
    let (preset, secrets, entropy, limits) =
        (preset.clone(), secrets.clone(), entropy.clone(), config.limits.clone());
    db.write_now(move |tx| {
        for (_, user) in preset.people.iter().zip(&people).filter(|(p, _)| p.role == "agent") {
            access::set_status(tx, &Origin::system(), *user, "available")?;
        }
        connect(tx, &keyring, &secrets, &preset.organisation)?;
        office::Keys::make(tx, &preset, &limits, &entropy)
    })
}

/// Agents of the first department, who work on leads.
fn sellers(preset: &preset::Preset, people: &[UserId]) -> Vec<UserId> {
    let first = preset.departments.first().map(|d| d.key.as_str());
    let sells =
        |p: &preset::Person| p.role == "agent" && p.departments.iter().any(|d| Some(d.as_str()) == first);
    preset.people.iter().zip(people).filter(|(p, _)| sells(p)).map(|(_, id)| *id).collect()
}

/// Their ids, in the same order.
fn staff(tx: &Tx<'_>, people: &[preset::Person], hash: &str) -> Result<Vec<UserId>> {
    let origin = Origin::system();
    let mut ids = Vec::with_capacity(people.len());
    for (n, preset::Person { username, name, role, departments, vendor, .. }) in people.iter().enumerate() {
        let vendor = match vendor {
            Some(code) => {
                Some(crm::vendors::by_code(tx, code)?.ok_or_else(|| Error::not_found("vendor"))?.id.0)
            }
            None => None,
        };
        let user = access::create_user(
            tx,
            &origin,
            &NewUser {
                email: format!("{username}@example.com"),
                username: Some(username.clone()),
                name: name.clone(),
                role: role.clone(),
                departments: departments.clone(),
                password_hash: Some(hash.to_owned()),
                capacity: None,
                vendor_id: vendor,
            },
        )?;
        if vendor.is_some() {
            ids.push(user);
            continue;
        }
        access::agents::set_kpi_score(tx, user, 60.0 + (n as f64 * 37.0) % 40.0)?;
        if role == "manager" {
            let mut mine = members::of_users(tx, &[user])?.remove(&user).unwrap_or_default();
            mine.iter_mut().for_each(|m| m.is_manager = true);
            members::set_of_user(tx, user, &mine)?;
        }
        ids.push(user);
    }
    Ok(ids)
}

fn connect(tx: &Tx<'_>, keyring: &Keyring, s: &Secrets, organisation: &str) -> Result<()> {
    let account = |kind: &str, id: &str, name: &str, secret: &str| NewAccount {
        kind: kind.to_owned(),
        account_id: id.to_owned(),
        name: Some(format!("{organisation} ({name})")),
        secret: Some(secret.to_owned()),
        verify_token: None,
        app_id: (kind == "zalo").then(|| s.zalo_app.clone()),
        callback_url: None,
        department_id: None,
    };
    for new in [
        account("facebook", PAGE, "Facebook", &s.meta),
        account("instagram", INSTAGRAM, "Instagram", &s.meta),
        account("whatsapp", WHATSAPP, "WhatsApp", &s.meta),
        account("zalo", OA, "Zalo OA", &s.zalo),
        account("telegram", BOT, "Telegram", &s.telegram),
        account("generic", PLATFORM, "Hotline", &s.generic),
    ] {
        setup::connect(tx, keyring, &Origin::system(), &new)?;
    }
    Ok(())
}

fn greet(address: SocketAddr, people: &[preset::Person]) {
    println!();
    println!("  Frontdesk demo: http://{address}");
    println!();
    println!("  Log in as          user name   password");
    for preset::Person { username, name, role, joins_in, .. } in people {
        let note = if *joins_in { "   (answers by itself, too)" } else { "" };
        println!("  {role:<8} {username:<20} {PASSWORD}   {name}{note}");
    }
    println!();
    println!("  Customers write in as you watch. Everything is gone when you stop it (Ctrl-C).");
    println!();
}

#[cfg(test)]
mod tests {
    use platform::db::Sql;

    use super::*;

    fn secrets() -> Secrets {
        Secrets {
            meta: "meta".into(),
            zalo: "zalo".into(),
            zalo_app: "1".into(),
            telegram: "telegram".into(),
            generic: format!("whsec_{}", base64_secret(&Entropy::seeded(1))),
        }
    }

    #[test]
    fn every_demo_begins_with_weeks_of_work() {
        for name in preset::NAMES {
            let preset = preset::load(name).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let config = Config::load(None, &[("data.dir", folder.path().display().to_string())]).unwrap();
            let keys = furnish(&config, &preset, &secrets(), "hash", &Entropy::system()).unwrap();
            assert_eq!(keys.vendors(), preset.vendors.len());
            let db = open_database(&config, &Clock::system(), reactors()).unwrap();
            let count = |text: &'static str| {
                let text = format!("SELECT count(*) FROM {text}");
                db.read_now(move |c| c.one(Sql::built(&text), &[], |r| r.get::<i64>(0))).unwrap()
            };
            let now = db.clock().now();
            for (what, least) in [
                ("leads", 80),
                ("leads WHERE outcome = 'won'", 8),
                ("leads WHERE outcome = 'lost' AND lost_reason <> ''", 8),
                ("leads WHERE outcome IS NULL", 15),
                ("(SELECT DISTINCT stage_id FROM leads) AS s", 5),
                ("(SELECT DISTINCT owner_id FROM leads) AS s", 2),
                ("stage_moves WHERE time_in_previous > 0", 60),
                ("interactions WHERE type = 'call'", 100),
                ("tasks WHERE status = 'completed'", 10),
                ("tasks WHERE status = 'pending'", 5),
                ("leads WHERE due_at IS NOT NULL", 10),
            ] {
                assert!(count(what) >= least, "{name}, {what}: {}", count(what));
            }
            if !preset.vendors.is_empty() {
                for outcome in ["accepted", "rejected", "duplicate"] {
                    let text = format!("SELECT count(*) FROM vendor_posts WHERE outcome = '{outcome}'");
                    let posts: i64 =
                        db.read_now(move |c| c.one(Sql::built(&text), &[], |r| r.get(0))).unwrap();
                    assert!(posts > 0, "{name}: none {outcome}");
                }
            }
            let text = format!(
                "SELECT count(*) FROM leads WHERE created_at < {} OR created_at > {now} OR updated_at > {now}",
                now - history::SPAN - platform::clock::HOUR
            );
            let outside: i64 = db.read_now(move |c| c.one(Sql::built(&text), &[], |r| r.get(0))).unwrap();
            assert_eq!(outside, 0, "{name}");
        }
    }
}
