//! Links to files for whoever has no log-in here: the receiver of a callback.
//!
//! A link holds when it stops to open and a code over that and the file's id, which only this installation can make. It is
//! stored nowhere, opens nothing but its one file, and cannot be guessed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use platform::{
    clock::{DAY, Millis, SECOND},
    crypto::{Keyring, constant_time_eq, hmac_sha256},
};

/// So long a link opens its file. The receiver of a callback fetches at once, or by a queue of its own.
pub(crate) const LIFETIME: Millis = DAY;

/// The token that opens file `id` until `expires`.
pub(crate) fn token(keyring: &Keyring, id: i64, expires: Millis) -> String {
    let seconds = expires / SECOND;
    format!("{seconds}.{}", URL_SAFE_NO_PAD.encode(code(keyring, id, seconds)))
}

/// Whether `token` opens file `id` at `now`.
pub(super) fn opens(keyring: &Keyring, id: i64, token: &str, now: Millis) -> bool {
    let Some((seconds, given)) = token.split_once('.') else { return false };
    let Some(expires) = seconds.parse::<i64>().ok().filter(|s| s.to_string() == seconds) else {
        return false;
    };
    let Ok(given) = URL_SAFE_NO_PAD.decode(given) else { return false };
    constant_time_eq(given, code(keyring, id, expires)) && now / SECOND < expires
}

fn code(keyring: &Keyring, id: i64, seconds: i64) -> [u8; 32] {
    hmac_sha256(&keyring.derive("links to files"), format!("{id}.{seconds}").as_bytes())
}

#[cfg(test)]
mod tests {
    use platform::Entropy;

    use super::*;

    #[test]
    fn a_link_opens_one_file_for_a_while() {
        let ring = |byte: u8| Keyring::new([byte; 32], Entropy::seeded(1));
        let now = 1_767_434_400_000;
        let made = token(&ring(7), 12, now + LIFETIME);
        assert!(opens(&ring(7), 12, &made, now) && opens(&ring(7), 12, &made, now + LIFETIME - SECOND));
        assert!(!opens(&ring(7), 12, &made, now + LIFETIME), "over");
        assert!(!opens(&ring(7), 13, &made, now), "another file");
        assert!(!opens(&ring(8), 12, &made, now), "another desk");
        let (seconds, code) = made.split_once('.').unwrap();
        let later = seconds.parse::<i64>().unwrap() + 1;
        for wrong in [
            format!("{later}.{code}"),
            format!("+{seconds}.{code}"),
            format!("{seconds}."),
            seconds.to_owned(),
            format!("{seconds}.{}", &code[..42]),
            String::new(),
            ".".into(),
        ] {
            assert!(!opens(&ring(7), 12, &wrong, now), "{wrong}");
        }
    }
}
