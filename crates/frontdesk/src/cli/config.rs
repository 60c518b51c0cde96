//! `frontdesk config`.

use platform::{Result, config::Config};

/// Prints every key with its value (secrets masked) and where it came from.
pub fn run(config: &Config) -> Result<()> {
    print!("{}", config.describe());
    Ok(())
}
