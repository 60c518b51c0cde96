//! Secrets: kept sealed, compared in constant time, and derived from one key.
//!
//! The key never leaves [`Keyring`], and whoever loses it loses what was sealed: it is not in the database, so a copy of
//! the database alone opens nothing. Passwords are not this module's business (argon2, in `people`).

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    config::Config,
    error::{Error, Result},
    ids::Entropy,
};

const VERSION: u8 = 1;
const NONCE: usize = 24;
const KEY_FILE: &str = "secret.key";

/// The installation's key and what is made of it. Cloning shares nothing but the bytes.
#[derive(Clone)]
pub struct Keyring {
    master: [u8; 32],
    entropy: Entropy,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(••••)")
    }
}

impl Keyring {
    pub fn new(master: [u8; 32], entropy: Entropy) -> Self {
        Keyring { master, entropy }
    }

    /// From `secrets.key`, else `secrets.key_file`, else a file in the data directory, which is made when missing.
    pub fn load(config: &Config, entropy: Entropy) -> Result<Self> {
        if !config.secrets.key.is_empty() {
            let key = parse_key(config.secrets.key.expose());
            let key =
                key.ok_or_else(|| Error::malformed("secrets.key must be 32 bytes in hex or base64."))?;
            return Ok(Keyring::new(key, entropy));
        }
        if !config.secrets.key_file.is_empty() {
            return read_key(Path::new(&config.secrets.key_file)).map(|key| Keyring::new(key, entropy));
        }
        fs::create_dir_all(&config.data.dir).map_err(Error::internal)?;
        let path = config.data.dir.join(KEY_FILE);
        let mut key = [0; 32];
        entropy.fill(&mut key);
        match write_key(&path, &key) {
            Ok(()) => Ok(Keyring::new(key, entropy)),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                read_key(&path).map(|key| Keyring::new(key, entropy))
            }
            Err(e) => Err(Error::internal(e)),
        }
    }

    /// The key for one purpose: `derive("jwt")`. Labels do not let conclude on one another.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        hmac_sha256(&self.master, label.as_bytes())
    }

    /// Seals text to be stored. The same text twice gives different bytes.
    pub fn seal(&self, text: &str) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        self.entropy.fill(&mut nonce);
        let payload = Payload { msg: text.as_bytes(), aad: &[VERSION] };
        #[expect(clippy::expect_used, reason = "the cipher refuses only what is longer than 256 GiB")]
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload).expect("short enough");
        [&[VERSION][..], &nonce, &sealed].concat()
    }

    /// Opens what [`seal`](Self::seal) made; an error when it is damaged or of another key.
    pub fn open(&self, bytes: &[u8]) -> Result<String> {
        let fail = || Error::internal("a sealed value does not open: damaged, or sealed with another key");
        let (version, rest) = bytes.split_first().ok_or_else(fail)?;
        if *version != VERSION || rest.len() < NONCE {
            return Err(fail());
        }
        let (nonce, sealed) = rest.split_at(NONCE);
        let payload = Payload { msg: sealed, aad: &[VERSION] };
        let plain = self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| fail())?;
        String::from_utf8(plain).map_err(|_| fail())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive("seal").into())
    }
}

/// 32 bytes in hex or base64.
pub fn parse_key(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let bytes = hex::decode(text).ok().filter(|b| b.len() == 32).or_else(|| STANDARD.decode(text).ok())?;
    bytes.try_into().ok()
}

fn read_key(path: &Path) -> Result<[u8; 32]> {
    let text = fs::read_to_string(path).map_err(|e| Error::internal(format!("{}: {e}", path.display())))?;
    parse_key(&text)
        .ok_or_else(|| Error::internal(format!("{} does not hold 32 bytes in hex or base64", path.display())))
}

/// Whole or not at all: a crash never leaves half a key, and of two processes one wins.
fn write_key(path: &Path, key: &[u8; 32]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let _ = fs::remove_file(&part);
    let mut file = options.open(&part)?;
    file.write_all(hex::encode(key).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&part, path);
    fs::remove_file(&part)?;
    linked
}

pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// How an unguessable token is stored: whoever reads the table cannot use it. Not for passwords.
pub fn hash_token(token: &str) -> String {
    sha256_hex(token)
}

/// Takes the same time wherever the difference is.
pub fn constant_time_eq(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> bool {
    a.as_ref().ct_eq(b.as_ref()).into()
}

pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(byte: u8) -> Keyring {
        Keyring::new([byte; 32], Entropy::seeded(1))
    }

    #[test]
    fn seals_and_opens() {
        let ring = ring(7);
        let (a, b) = (ring.seal("bí mật"), ring.seal("bí mật"));
        assert_ne!(a, b);
        assert_eq!(ring.open(&a).unwrap(), "bí mật");
        assert_eq!(ring.open(&b).unwrap(), "bí mật");
        assert_eq!(ring.open(&ring.seal("")).unwrap(), "");
    }

    #[test]
    fn refuses_what_is_damaged_or_of_another_key() {
        let sealed = ring(7).seal("secret");
        assert!(ring(8).open(&sealed).is_err());
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert!(ring(7).open(&bad).is_err(), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert!(ring(7).open(&sealed[..length]).is_err());
        }
    }

    #[test]
    fn derived_keys_differ_and_stay() {
        assert_ne!(ring(7).derive("jwt"), ring(7).derive("seal"));
        assert_ne!(ring(7).derive("jwt"), ring(8).derive("jwt"));
        assert_eq!(ring(7).derive("jwt"), ring(7).derive("jwt"));
    }

    #[test]
    fn a_key_file_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::for_testing();
        config.data.dir = dir.path().join("data");
        config.secrets.key = crate::config::Secret::default();
        let first = Keyring::load(&config, Entropy::seeded(1)).unwrap();
        let second = Keyring::load(&config, Entropy::seeded(2)).unwrap();
        assert_eq!(first.derive("x"), second.derive("x"));
        let file = config.data.dir.join(KEY_FILE);
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(&config.data.dir).unwrap().count(), 1);
        fs::write(&file, "short").unwrap();
        assert!(Keyring::load(&config, Entropy::seeded(3)).is_err());
    }

    #[test]
    fn keys_are_read_in_hex_and_base64() {
        assert_eq!(parse_key(&"07".repeat(32)), Some([7; 32]));
        assert_eq!(parse_key(&STANDARD.encode([7; 32])), Some([7; 32]));
        assert_eq!(parse_key("0707"), None);
    }

    #[test]
    fn hashes_are_what_others_compute() {
        assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(constant_time_eq("a", "a") && !constant_time_eq("a", "b") && !constant_time_eq("a", "aa"));
    }
}
