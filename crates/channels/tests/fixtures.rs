//! Every recorded body of the channels: checked with its headers and secret, read, and compared as a whole with
//! what it must mean. A file without an expectation fails.

mod expect;

use std::path::PathBuf;

use channels::*;
use serde_json::Value;

/// 2026-01-03T10:00:00Z, the clock of the fixtures.
const NOW_MS: i64 = 1_767_434_400_000;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/channels")
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(folder().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn list(file: &str) -> Vec<Value> {
    serde_json::from_slice(&read(file)).unwrap()
}

#[derive(Clone)]
struct Fixture {
    file: String,
    kind: String,
    headers: Vec<(String, String)>,
    credentials: Credentials,
}

impl Fixture {
    fn all() -> Vec<Fixture> {
        list("index.json").iter().map(Fixture::new).collect()
    }

    fn new(entry: &Value) -> Fixture {
        let file = entry["file"].as_str().unwrap().to_owned();
        let secret = entry["secret"].as_str().unwrap();
        let credentials = match file.split('/').next().unwrap() {
            "zalo" => {
                let part =
                    |name: &str| secret.split(' ').find_map(|p| p.strip_prefix(name)).map(str::to_owned);
                Credentials { secret: part("oa_secret="), app_id: part("app_id="), ..Credentials::default() }
            }
            "messenger" if file.contains("verify") => {
                Credentials { verify_token: Some(secret.to_owned()), ..Credentials::default() }
            }
            _ => Credentials { secret: Some(secret.to_owned()), ..Credentials::default() },
        };
        let headers = entry["headers"].as_object().unwrap().iter();
        Fixture {
            headers: headers.map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned())).collect(),
            kind: entry["kind"].as_str().unwrap().to_owned(),
            file,
            credentials,
        }
    }

    fn channel(&self) -> &str {
        self.file.split('/').next().unwrap()
    }

    fn name(&self) -> &str {
        self.file.split('/').nth(1).unwrap().trim_end_matches(".json")
    }

    fn verify(&self, body: &[u8]) -> Result<(), Refusal> {
        let request = RawRequest { headers: &self.headers, query: "", body };
        match self.channel() {
            "messenger" | "instagram" | "whatsapp" => meta::verify(&request, &self.credentials),
            "twitter" => x::verify(&request, &self.credentials),
            "zalo" => zalo::verify(&request, &self.credentials),
            "telegram" => telegram::verify(&request, &self.credentials),
            "generic" => standard_webhooks::verify(&request, &self.credentials, NOW_MS).map(drop),
            other => panic!("no such channel: {other}"),
        }
    }

    fn parse(&self, body: &[u8]) -> Result<Vec<Item>, Malformed> {
        match self.channel() {
            "messenger" | "instagram" | "whatsapp" => meta::parse(body),
            "twitter" => x::parse(body),
            "zalo" => zalo::parse(body),
            "telegram" => telegram::parse(body),
            _ => generic::parse(body).map(|item| vec![item]),
        }
    }
}

#[test]
fn the_index_names_every_file_and_every_file_is_there() {
    let mut named: Vec<String> = Fixture::all().into_iter().map(|f| f.file).collect();
    named.sort();
    let mut found = Vec::new();
    for channel in folder().read_dir().unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for file in channel.read_dir().unwrap() {
            let path = file.unwrap().path();
            found.push(path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
    assert_eq!(named, found);
}

#[test]
fn bodies_mean_what_they_must() {
    let mut checked = 0;
    for fixture in Fixture::all().iter().filter(|f| f.kind == "body") {
        let (file, body) = (&fixture.file, read(&fixture.file));
        if fixture.name().starts_with("bad_") || fixture.name() == "no_version_prefix" {
            assert_eq!(fixture.verify(&body), Err(Refusal::BadSignature), "{file}");
            checked += 1;
            continue;
        }
        assert_eq!(fixture.verify(&body), Ok(()), "{file}");
        let mut altered = body.clone();
        altered.push(b' ');
        if fixture.channel() != "telegram" {
            assert_eq!(fixture.verify(&altered), Err(Refusal::BadSignature), "{file}");
        }
        let unconfigured = Fixture { credentials: Credentials::default(), ..fixture.clone() };
        assert_eq!(unconfigured.verify(&body), Err(Refusal::NoSecret), "{file}");
        let unsigned = Fixture { headers: Vec::new(), ..fixture.clone() };
        assert_eq!(unsigned.verify(&body), Err(Refusal::MissingSignature), "{file}");

        let items = fixture.parse(&body).unwrap_or_else(|e| panic!("{file}: {e}"));
        let expected = expect::items(fixture.channel(), fixture.name());
        let expected = expected.unwrap_or_else(|| panic!("{file} has no expectation"));
        expect::assert_same(file, &items, &expected);
        checked += 1;
    }
    assert_eq!(checked, 84);
}

#[test]
fn challenges_are_answered() {
    let mut checked = 0;
    for fixture in Fixture::all().iter().filter(|f| f.kind == "request") {
        let request: Value = serde_json::from_slice(&read(&fixture.file)).unwrap();
        let query = request["query"].as_str().unwrap();
        let wanted = &request["expect"]["body"];
        let nobody = Credentials::default();
        match fixture.channel() {
            "messenger" => {
                let answer = meta::challenge(query, &fixture.credentials);
                assert_eq!(answer.as_deref(), wanted.as_str(), "{}", fixture.file);
                assert_eq!(meta::challenge(query, &nobody), None);
            }
            "twitter" => {
                let answer = x::challenge(query, &fixture.credentials).unwrap();
                assert_eq!(&serde_json::from_str::<Value>(&answer).unwrap(), wanted, "{}", fixture.file);
                assert_eq!(x::challenge(query, &nobody), None);
            }
            other => panic!("no challenge for {other}"),
        }
        checked += 1;
    }
    assert_eq!(checked, 3);
}

/// What our senders say and hear; the sending side has its own test.
#[test]
fn exchanges_belong_to_the_senders() {
    let skipped: Vec<String> =
        Fixture::all().into_iter().filter(|f| f.kind == "exchange").map(|f| f.file).collect();
    assert!(skipped.iter().all(|file| file.contains("/send_")), "{skipped:?}");
    let kinds = ["body", "request", "exchange"];
    assert!(Fixture::all().iter().all(|f| kinds.contains(&f.kind.as_str())), "a kind that no test covers");
}

#[test]
fn public_vectors_hold() {
    for vector in list("vectors.json") {
        let text = |key: &str| vector[key].as_str().unwrap().to_owned();
        let (secret, body, expected) = (text("secret"), text("body"), text("expected"));
        let credentials = Credentials { secret: Some(secret.clone()), ..Credentials::default() };
        if vector["name"].as_str().unwrap().starts_with("Meta") {
            let headers = [("x-hub-signature-256".to_owned(), format!("sha256={expected}"))];
            let request = RawRequest { headers: &headers, query: "", body: body.as_bytes() };
            assert_eq!(meta::verify(&request, &credentials), Ok(()));
            continue;
        }
        let time: i64 = text("timestamp").parse().unwrap();
        let id = text("id");
        assert_eq!(standard_webhooks::sign(&secret, &id, time, body.as_bytes()), Ok(expected.clone()));
        let headers = [
            ("Webhook-Id".to_owned(), id.clone()),
            ("Webhook-Timestamp".to_owned(), time.to_string()),
            ("Webhook-Signature".to_owned(), expected),
        ];
        let request = RawRequest { headers: &headers, query: "", body: body.as_bytes() };
        assert_eq!(standard_webhooks::verify(&request, &credentials, time * 1000), Ok(id));
    }
}
