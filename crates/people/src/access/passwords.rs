//! Passwords: argon2id, ten characters or more.
//!
//! Hashing is slow on purpose and takes 19 MiB: it happens outside of every transaction, and only a few at once.

use argon2::{
    Argon2, PasswordHash, PasswordVerifier,
    password_hash::{PasswordHasher, SaltString},
};
use platform::{Entropy, Error, Fault, Result};

const SHORTEST: usize = 10;
/// Characters.
const LONGEST: usize = 200;

/// No password matches it, and checking against it takes as long as against any other: for names that are not there.
pub(super) const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw$qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo";

/// 422 on `field` unless the password is one that we take.
pub fn check_password(field: &str, password: &str) -> Result<()> {
    let length = password.chars().count();
    let fault = match length {
        n if n < SHORTEST => {
            Fault::new(field, "too_short", format!("must have at least {SHORTEST} characters"))
        }
        n if n > LONGEST => Fault::new(field, "too_long", format!("must have at most {LONGEST} characters")),
        _ if password.chars().all(|c| password.starts_with(c)) => {
            Fault::new(field, "format", "must not be one character repeated")
        }
        _ => return Ok(()),
    };
    Err(Error::invalid(vec![fault]))
}

/// Checks the rule and hashes. Blocks for tens of milliseconds: never inside a transaction, nor on an async thread.
pub fn hash_password(password: &str, entropy: &Entropy) -> Result<String> {
    check_password("password", password)?;
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let salt = SaltString::encode_b64(&salt).map_err(|e| Error::internal(e.to_string()))?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|h| h.to_string()).map_err(|e| Error::internal(e.to_string()))
}

/// Blocks as [`hash_password`]. A hash that cannot be read matches nothing.
pub(super) fn verify(password: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule() {
        for bad in ["", "short", "aaaaaaaaaaaa", &"ab".repeat(101)] {
            assert!(check_password("password", bad).is_err(), "{bad}");
        }
        assert!(check_password("password", "mật khẩu dài").is_ok());
    }

    #[test]
    fn hashes_match_their_password_alone() {
        let hash = hash_password("correct horse", &Entropy::seeded(1)).unwrap();
        assert!(verify("correct horse", &hash) && !verify("correct house", &hash));
        assert!(!verify("anything", "not a hash"));
    }

    #[test]
    fn nobody_costs_as_much_as_anybody() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let hash = hash_password("correct horse", &Entropy::seeded(1)).unwrap();
        let real = PasswordHash::new(&hash).unwrap();
        assert_eq!((nobody.algorithm, nobody.params.to_string()), (real.algorithm, real.params.to_string()));
        assert_eq!(nobody.hash.unwrap().len(), real.hash.unwrap().len());
        assert!(!verify("", NOBODY));
    }
}
