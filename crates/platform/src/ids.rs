//! The only place that asks the machine for randomness.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{RngCore, SeedableRng, rngs::StdRng};

/// A source of random bytes: the system's, or for tests a seeded one. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Entropy(Option<Arc<Mutex<StdRng>>>);

impl Entropy {
    pub fn system() -> Self {
        Entropy(None)
    }
    /// The same seed gives the same bytes; never for anything that guards something.
    pub fn seeded(seed: u64) -> Self {
        Entropy(Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            None => rand::rng().fill_bytes(bytes),
            Some(rng) => rng.lock().unwrap_or_else(|e| e.into_inner()).fill_bytes(bytes),
        }
    }
    pub fn u64(&self) -> u64 {
        let mut b = [0; 8];
        self.fill(&mut b);
        u64::from_le_bytes(b)
    }
    /// `bytes` random bytes as URL-safe text. 32 bytes cannot be guessed.
    pub fn token(&self, bytes: usize) -> String {
        let mut b = vec![0; bytes];
        self.fill(&mut b);
        URL_SAFE_NO_PAD.encode(b)
    }
}
