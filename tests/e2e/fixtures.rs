//! Every recorded request of the channels, posted to every address that takes it, and what is stored then.
//!
//! What must be stored stands in `fixtures.txt`, a paragraph per file, written from the fixtures' own descriptions;
//! `UPDATE_SNAPSHOTS=1` writes what is found, to be read before it is believed. The same paragraph must come out at every
//! address, after a second delivery, and (for what speaks of another message) in either order.

use std::collections::BTreeMap;

use e2e::{Answer, Client, Desk, Place, fixtures::Fixture, is_set, on_each_engine_with, root, wire};
use platform::{config::Role, db::Sql};
use reqwest::Method;
use serde_json::Value;

const BEFORE: i64 = 1_767_434_390_000;

/// Tables that a request may fill.
const FILLED: &[&str] = &[
    "attachments",
    "spam_activities",
    "assignments",
    "pending_changes",
    "messages",
    "tickets",
    "inbound_days",
    "spam_notices",
    "contact_methods",
    "contacts",
    "journal",
];

/// Where a channel's bodies may go.
fn addresses(channel: &str) -> Vec<String> {
    let with = |words: &[&str], account: &str| {
        words
            .iter()
            .flat_map(|w| [format!("/webhooks/{w}"), format!("/webhooks/{w}/{account}")])
            .collect::<Vec<_>>()
    };
    let and = |mut all: Vec<String>, more: &str| {
        all.push(more.to_owned());
        all
    };
    match channel {
        "messenger" => and(with(&["facebook", "meta"], wire::PAGE), "/integrations/meta/webhook"),
        "instagram" => and(with(&["instagram"], wire::INSTAGRAM), "/integrations/meta/webhook"),
        "whatsapp" => and(with(&["whatsapp"], wire::PHONE), "/integrations/meta/webhook"),
        "twitter" => with(&["twitter", "x"], wire::X_USER),
        "zalo" => and(with(&["zalo"], wire::OA), "/integrations/zalo/webhook"),
        "telegram" => with(&["telegram"], wire::BOT),
        "generic" => vec!["/webhook".to_owned()],
        other => panic!("{other} has no address"),
    }
}

/// What stood there before: messages that a body speaks of.
enum Earlier {
    Nothing,
    /// It may as well come later.
    EitherOrder(Vec<Message>),
    First(Vec<Message>),
}

enum Message {
    Recorded(&'static str),
    Echo { to: &'static str, id: &'static str },
    Text { from: &'static str, id: &'static str },
}

fn earlier(file: &str) -> Earlier {
    use Earlier::{EitherOrder, First, Nothing};
    use Message::{Echo, Recorded, Text};
    let echo = |to: &'static str, id: &'static str| Echo { to, id };
    let (lan, on_instagram, number) = ("7412589630147258", "1049572838475621", "84987654321");
    match file.trim_end_matches(".json") {
        "messenger/reply_to" => First(vec![echo(lan, "m_OUT0001")]),
        "messenger/delivery_mids" => EitherOrder(vec![echo(lan, "m_OUT0001"), echo(lan, "m_OUT0002")]),
        "messenger/delivery_watermark_only" => First(vec![echo(lan, "m_OUT0001")]),
        "messenger/optin_notification" => First(vec![Recorded("messenger/text_vietnamese.json")]),
        "messenger/duplicate_delivery" => First(vec![Recorded("messenger/text_vietnamese.json")]),
        "instagram/unsend" => EitherOrder(vec![Recorded("instagram/text.json")]),
        "instagram/unsend_before_message" => {
            EitherOrder(vec![Text { from: on_instagram, id: "aWdfZAG1_NEVERSEEN" }])
        }
        "instagram/seen" => EitherOrder(vec![echo(on_instagram, "aWdfOUT1")]),
        "whatsapp/reaction"
        | "whatsapp/status_read_before_delivered"
        | "whatsapp/status_failed_window"
        | "whatsapp/status_failed_undeliverable" => EitherOrder(vec![echo(number, "wamid.OUT01")]),
        "whatsapp/reaction_removed_empty" | "whatsapp/reaction_removed_absent" => {
            First(vec![echo(number, "wamid.OUT01"), Recorded("whatsapp/reaction.json")])
        }
        "whatsapp/list_reply" => First(vec![echo(number, "wamid.OUT03")]),
        "whatsapp/template_button" => First(vec![echo(number, "wamid.OUT04")]),
        "whatsapp/system_number_changed" => First(vec![Recorded("whatsapp/text_without_bsuid.json")]),
        "zalo/user_seen_message" | "zalo/user_reacted_message" => {
            EitherOrder(vec![Recorded("zalo/oa_send_text_echo.json")])
        }
        "telegram/album_part2" => First(vec![Recorded("telegram/album_part1.json")]),
        "telegram/duplicate_update" | "telegram/blocked_bot" => First(vec![Recorded("telegram/text.json")]),
        "generic/lead_created_retry" => First(vec![Recorded("generic/lead_created.json")]),
        _ => Nothing,
    }
}

async fn send(client: &Client, address: &str, fixture: &Fixture) -> Answer {
    client.anyone().send(Method::POST, address, &fixture.headers, Some(fixture.body())).await
}

async fn send_earlier(client: &Client, channel: &str, messages: &[Message]) {
    for message in messages {
        let answer = match message {
            Message::Recorded(file) => send(client, &addresses(channel)[0], &Fixture::named(file)).await,
            Message::Echo { to, id } => wire::echo(channel, to, id, BEFORE).post(client).await,
            Message::Text { from, id } => {
                wire::instagram(&wire::Said { from, id, text: "hi", at: BEFORE }).post(client).await
            }
        };
        answer.is(200);
    }
}

async fn wipe(place: &Place) {
    let done = place.db().write(|tx| {
        FILLED
            .iter()
            .try_for_each(|table| tx.exec(Sql::built(&format!("DELETE FROM {table}")), &[]).map(|_| ()))?;
        tx.exec(Sql::built("UPDATE agent_states SET open_tickets = 0"), &[]).map(|_| ())
    });
    done.await.expect("everything is removed");
}

/// What is stored, in words.
async fn stored(place: &Place) -> Vec<String> {
    let found = place.db().read(|c| {
        let text = |v: Option<String>| v.unwrap_or_default();
        let mut lines = c.all(
            Sql::built(
                "SELECT m.direction, m.sender_type, coalesce(m.external_id, '-'), m.at, m.content, m.content_type, \
                 (SELECT o.external_id FROM messages o WHERE o.id = m.reply_to_id), m.reactions, m.delivery, \
                 m.delivery_error, m.data, m.unsent_at, m.edited_at, m.id, m.is_spam \
                 FROM messages m WHERE m.content_type <> 'event_log' ORDER BY m.at, m.id",
            ),
            &[],
            |row| {
                let mut r = row.columns();
                let (direction, sender): (String, String) = (r.next()?, r.next()?);
                let (external, at): (String, i64) = (r.next()?, r.next()?);
                let (content, kind): (String, String) = (r.next()?, r.next()?);
                let mut line = format!("{direction} {kind} of {sender} {external} +{} {content:?}", at - e2e::NOW);
                let mut add = |word: &str, value: Option<String>| {
                    if let Some(value) = value.filter(|v| !v.is_empty() && v != "[]") {
                        line.push_str(&format!(" {word}={value}"));
                    }
                };
                add("reply_to", r.next()?);
                add("reactions", r.next()?);
                add("delivery", r.next()?);
                add("error", r.next::<Option<String>>()?.map(|e| format!("{e:?}")));
                add("data", r.next()?);
                add("unsent", r.next::<Option<i64>>()?.map(|_| "yes".to_owned()));
                add("edited", r.next::<Option<i64>>()?.map(|_| "yes".to_owned()));
                let (id, is_spam): (i64, bool) = (r.next()?, r.next()?);
                add("spam", is_spam.then(|| "yes".to_owned()));
                Ok((id, line))
            },
        )?;
        for (id, line) in &mut lines {
            let attachments = c.all(
                Sql::built(
                    "SELECT kind, state, url, provider_id, name, mime, size, title, latitude, longitude \
                     FROM attachments WHERE message_id = ?1 ORDER BY id",
                ),
                platform::params![*id],
                |row| {
                    let mut r = row.columns();
                    let mut words = vec![r.next::<String>()?, r.next::<String>()?];
                    for name in ["url", "id", "name", "mime"] {
                        words.extend(r.next::<Option<String>>()?.map(|v| format!("{name}={v}")));
                    }
                    words.extend(r.next::<Option<i64>>()?.map(|v| format!("size={v}")));
                    words.extend(r.next::<Option<String>>()?.map(|v| format!("title={v:?}")));
                    words.extend(r.next::<Option<f64>>()?.map(|v| format!("latitude={v}")));
                    words.extend(r.next::<Option<f64>>()?.map(|v| format!("longitude={v}")));
                    Ok(format!("\n  with {}", words.join(" ")))
                },
            )?;
            line.push_str(&attachments.concat());
        }
        let mut lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        lines.extend(c.all(
            Sql::built(
                "SELECT c.name, c.source, m.kind, m.account, m.value, m.is_verified, m.opted_out_at, m.is_active \
                 FROM contact_methods m JOIN contacts c ON c.id = m.contact_id ORDER BY c.id, m.kind DESC, m.value",
            ),
            &[],
            |row| {
                let mut r = row.columns();
                let mut line = format!("contact {:?}", r.next::<String>()?);
                line.push_str(&format!(" from {}:", text(r.next()?)));
                line.push_str(&format!(" {} {:?} {}", r.next::<String>()?, r.next::<String>()?, r.next::<String>()?));
                for (word, is) in [
                    (" verified", r.next::<bool>()?),
                    (" opted out", r.next::<Option<i64>>()?.is_some()),
                    (" inactive", !r.next::<bool>()?),
                ] {
                    line.push_str(if is { word } else { "" });
                }
                Ok(line)
            },
        )?);
        lines.extend(c.all(
            Sql::built("SELECT DISTINCT external_id, change FROM pending_changes ORDER BY external_id, change"),
            &[],
            |r| Ok(format!("waiting for {}: {}", r.get::<String>(0)?, r.get::<String>(1)?)),
        )?);
        lines.extend(c.all(
            Sql::built("SELECT t.subject, t.status, t.channel, coalesce(u.username, '-') FROM tickets t LEFT JOIN users u ON u.id = t.assignee_id ORDER BY t.id"),
            &[],
            |row| {
                let mut r = row.columns();
                Ok(format!("ticket {:?} {} on {}", r.next::<String>()?, r.next::<String>()?, r.next::<String>()?))
            },
        )?);
        Ok(lines)
    });
    found.await.expect("the stored rows")
}

async fn journal(place: &Place) -> i64 {
    place.number("SELECT count(*) FROM journal").await
}

/// What this body leaves behind, by every way that it can come.
async fn consequence(desk: &Desk, fixture: &Fixture) -> Vec<String> {
    let (file, channel) = (&fixture.file, fixture.channel());
    let (first, either) = match earlier(file) {
        Earlier::Nothing => (Vec::new(), false),
        Earlier::First(messages) => (messages, false),
        Earlier::EitherOrder(messages) => (messages, true),
    };
    let mut found: Option<Vec<String>> = None;
    let mut same = |how: &str, lines: Vec<String>| match &found {
        Some(known) => assert_eq!(known, &lines, "{file} {how}"),
        None => found = Some(lines),
    };
    for address in addresses(channel) {
        wipe(desk).await;
        send_earlier(&desk.client, channel, &first).await;
        let before = journal(desk).await;
        for how in ["once", "twice"] {
            let answer = send(&desk.client, &address, fixture).await;
            assert_eq!(answer.status, 200, "{file} at {address} {how}: {}", answer.text);
            same(&format!("at {address} {how}"), stored(desk).await);
        }
        assert_eq!(journal(desk).await, before + 2, "{file} at {address}: each request is kept as it came");
        let raw = desk.place.db().read(|c| {
            c.one(Sql::built("SELECT body FROM journal ORDER BY id DESC LIMIT 1"), &[], |r| {
                r.get::<Vec<u8>>(0)
            })
        });
        assert_eq!(raw.await.unwrap(), fixture.body(), "{file}: the journal holds the bytes");
    }
    if either {
        wipe(desk).await;
        assert_eq!(send(&desk.client, &addresses(channel)[0], fixture).await.status, 200);
        send_earlier(&desk.client, channel, &first).await;
        same("before what it speaks of", stored(desk).await);
    }
    found.unwrap_or_default()
}

fn expectations() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(root().join("tests/e2e/fixtures.txt")).unwrap_or_default();
    let paragraphs = text.split("\n== ").skip(1);
    let read = |p: &str| {
        let (file, body) = p.split_once('\n').unwrap_or((p, ""));
        (file.to_owned(), body.trim_end().lines().map(str::to_owned).collect())
    };
    paragraphs.map(read).collect()
}

#[test]
fn every_recorded_body_is_stored_as_it_is_meant() {
    let update = is_set("UPDATE_SNAPSHOTS");
    let mut written = String::from("What each recorded body leaves in the database; see fixtures.rs.\n");
    let collected = std::cell::RefCell::new(&mut written);
    // No workers: nothing is fetched from the addresses of the fixtures.
    on_each_engine_with(
        |config| config.server.role = Role::Web,
        async |desk| {
            let expected = expectations();
            let fixtures = Fixture::all().into_iter().filter(|f| f.kind == "body" && !f.is_bad());
            let mut count = 0;
            for fixture in fixtures {
                let found = consequence(desk, &fixture).await.join("\n");
                count += 1;
                if update && !desk.is_postgres() {
                    collected.borrow_mut().push_str(&format!("\n== {}\n{found}\n", fixture.file));
                } else if !update {
                    let wanted = expected.get(&fixture.file);
                    let wanted =
                        wanted.unwrap_or_else(|| panic!("{} has no expectation", fixture.file)).join("\n");
                    assert_eq!(found, wanted, "{}", fixture.file);
                }
            }
            assert!(update || count == expected.len(), "an expectation names no file");
        },
    );
    if update {
        std::fs::write(root().join("tests/e2e/fixtures.txt"), written).unwrap();
    }
}

#[test]
fn what_is_signed_wrongly_leaves_nothing() {
    on_each_engine_with(
        |config| config.server.role = Role::Web,
        async |desk| {
            let before = desk.fingerprint(&[]).await;
            let mut count = 0;
            for fixture in Fixture::all().into_iter().filter(|f| f.kind == "body") {
                for address in addresses(fixture.channel()) {
                    let mut tried = vec![Fixture { headers: unsigned(&fixture), ..fixture.clone() }];
                    if fixture.is_bad() {
                        tried.push(fixture.clone());
                    }
                    for wrong in tried {
                        let answer = send(&desk.client, &address, &wrong).await;
                        let refused = matches!(answer.status, 401 | 403);
                        assert!(refused, "{} at {address}: {} {}", fixture.file, answer.status, answer.text);
                        count += 1;
                    }
                }
                // One byte more than was signed.
                if fixture.channel() != "telegram" && !fixture.is_bad() {
                    let mut body = fixture.body();
                    body.push(b' ');
                    let address = &addresses(fixture.channel())[0];
                    let sent =
                        desk.client.anyone().send(Method::POST, address, &fixture.headers, Some(body)).await;
                    assert_eq!(sent.status, 401, "{}: {}", fixture.file, sent.text);
                }
            }
            assert!(count > 200, "{count} attempts");
            assert_eq!(desk.fingerprint(&[]).await, before, "nothing was stored");
        },
    );
}

fn unsigned(fixture: &Fixture) -> Vec<(String, String)> {
    let signs = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("signature") || name.contains("secret-token")
    };
    fixture.headers.iter().filter(|(name, _)| !signs(name)).cloned().collect()
}

#[test]
fn an_account_without_a_secret_takes_nothing() {
    e2e::on_sqlite(async |desk| {
        let admin = desk.admin().await;
        let accounts = admin.get("/admin/channels?limit=200").await.is(200);
        for account in accounts["channels"].as_array().unwrap() {
            let path = format!("/admin/channels/{}", account["id"]);
            admin.patch(&path, serde_json::json!({"secret": null})).await.is(200);
        }
        for fixture in Fixture::all().into_iter().filter(|f| f.kind == "body") {
            let answer = send(&desk.client, &addresses(fixture.channel())[0], &fixture).await;
            assert!(matches!(answer.status, 401 | 403), "{}: {}", fixture.file, answer.text);
        }
        assert_eq!(journal(desk).await, 0);
    });
}

#[test]
fn handshakes_are_answered_to_the_letter() {
    e2e::on_sqlite(async |desk| {
        let mut count = 0;
        for fixture in Fixture::all().into_iter().filter(|f| f.kind == "request") {
            let request: Value = serde_json::from_slice(&fixture.body()).unwrap();
            let (query, expect) = (request["query"].as_str().unwrap(), &request["expect"]);
            let mut paths = addresses(fixture.channel());
            paths.push(request["path"].as_str().unwrap().to_owned());
            for path in paths {
                let answer = desk.client.anyone().get(&format!("{path}?{query}")).await;
                let here = format!("{} at {path}: {} {}", fixture.file, answer.status, answer.text);
                assert_eq!(i64::from(answer.status), expect["status"].as_i64().unwrap(), "{here}");
                if let Some(kind) = expect["content_type"].as_str() {
                    assert!(answer.header("content-type").starts_with(kind), "{here}");
                }
                match &expect["body"] {
                    Value::String(text) => assert_eq!(&answer.text, text, "{here}"),
                    body => assert_eq!(&answer.body, body, "{here}"),
                }
                let wrong = query.replace(wire::VERIFY_TOKEN, "guessed");
                if wrong != query {
                    let answer = desk.client.anyone().get(&format!("{path}?{wrong}")).await;
                    assert_eq!(answer.status, 403, "{here}");
                    assert!(!answer.text.contains("1158201444"), "{here}");
                }
                count += 1;
            }
        }
        assert!(count >= 12, "{count} handshakes");
    });
}
