use channels::*;

const OLD: &str = "whsec_QTHQaOz3Dpfj0eeibReqLnTbfSvaJtb4H7uwagaK11g=";
const NEW: &str = "whsec_O4I7HEmkzq4AZJNhY3GHbjjO9h+00EslPN4DMCXq/nM=";
const NOW_S: i64 = 1_767_434_400;
const BODY: &[u8] = b"{}";

fn check(signatures: &str, time: &str, c: &Credentials) -> Result<String, Refusal> {
    let headers = [("webhook-id", "msg_1"), ("webhook-timestamp", time), ("webhook-signature", signatures)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let request = RawRequest { headers: &headers, query: "", body: BODY };
    standard_webhooks::verify(&request, c, NOW_S * 1000)
}

fn with(secret: &str, previous: Option<&str>) -> Credentials {
    let previous_secret = previous.map(str::to_owned);
    Credentials { secret: Some(secret.into()), previous_secret, ..Credentials::default() }
}

#[test]
fn the_secret_before_the_last_still_counts() {
    let signed = standard_webhooks::sign(OLD, "msg_1", NOW_S, BODY).unwrap();
    let time = NOW_S.to_string();
    assert_eq!(check(&signed, &time, &with(NEW, Some(OLD))), Ok("msg_1".into()));
    assert_eq!(check(&signed, &time, &with(NEW, None)), Err(Refusal::BadSignature));
    assert_eq!(check(&format!("v1a,xx v1,!! {signed}"), &time, &with(OLD, None)), Ok("msg_1".into()));
    assert_eq!(check("v1,", &time, &with(OLD, None)), Err(Refusal::BadSignature));
    assert_eq!(check(&signed, &time, &with("", Some(OLD))), Err(Refusal::NoSecret));
    assert_eq!(check(&signed, &time, &with("whsec_!", Some(OLD))), Err(Refusal::NoSecret));
}

#[test]
fn five_minutes_both_ways() {
    for (seconds, fits) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let time = NOW_S + seconds;
        let signed = standard_webhooks::sign(NEW, "msg_1", time, BODY).unwrap();
        let wanted = if fits { Ok("msg_1".into()) } else { Err(Refusal::Stale) };
        assert_eq!(check(&signed, &time.to_string(), &with(NEW, None)), wanted, "{seconds}");
    }
    let signed = standard_webhooks::sign(NEW, "msg_1", i64::MIN, BODY).unwrap();
    assert_eq!(check(&signed, &i64::MIN.to_string(), &with(NEW, None)), Err(Refusal::Stale));
    assert!(standard_webhooks::sign("whsec_", "m", 0, BODY).is_err());
}

#[test]
fn zalo_takes_the_headers_time_when_there_is_one() {
    // SHA-256 of "1" + {"timestamp":"5"} + time + "key".
    let body = br#"{"timestamp":"5"}"#;
    let mac = |time: &str| {
        use sha2::Digest;
        let digest = sha2::Sha256::new().chain_update("1").chain_update(body).chain_update(time);
        format!("mac={}", hex::encode(digest.chain_update("key").finalize()))
    };
    let c = Credentials { app_id: Some("1".into()), ..with("key", None) };
    let verify = |mac: String, time: Option<&str>| {
        let mut headers = vec![("x-zevent-signature".to_owned(), mac)];
        headers.extend(time.map(|time| ("x-zevent-timestamp".to_owned(), time.to_owned())));
        zalo::verify(&RawRequest { headers: &headers, query: "", body }, &c)
    };
    assert_eq!(verify(mac("5"), None), Ok(()));
    assert_eq!(verify(mac("6"), Some("6")), Ok(()));
    assert_eq!(verify(mac("5"), Some("6")), Err(Refusal::BadSignature));
    assert_eq!(verify(mac("x"), Some("x")), Err(Refusal::BadSignature));
    let no_app = with("key", None);
    let headers = [("x-zevent-signature".to_owned(), mac("5"))];
    let request = RawRequest { headers: &headers, query: "", body };
    assert_eq!(zalo::verify(&request, &no_app), Err(Refusal::NoSecret));
}

#[test]
fn the_verify_token_must_match() {
    let c = Credentials { verify_token: Some("a b".into()), ..Credentials::default() };
    let ask = |query: &str| meta::challenge(query, &c);
    let good = "hub.mode=subscribe&hub.verify_token=a%20b&hub.challenge=1%2F2";
    assert_eq!(ask(good).as_deref(), Some("1/2"));
    assert_eq!(ask(&good.replace("subscribe", "unsubscribe")), None);
    assert_eq!(ask(&good.replace("a%20b", "a")), None);
    assert_eq!(ask("hub.mode=subscribe&hub.verify_token=a%20b"), None);
    assert_eq!(ask(""), None);
    let empty = Credentials { verify_token: Some(String::new()), ..Credentials::default() };
    assert_eq!(meta::challenge("hub.mode=subscribe&hub.verify_token=&hub.challenge=1", &empty), None);
}
