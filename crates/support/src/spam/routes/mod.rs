//! The spam desk: what was flagged, who sent it, the block list, the settings, and the appeal.

mod appeal;
mod blocks;
mod lists;
mod settings;

use platform::http::Api;

use crate::Support;

people::permission! {
    /// See the spam desk.
    pub SpamRead = "spam.read";
    /// Mark, restore, clear; keep the block list; with scope *all*, change the settings.
    pub SpamWrite = "spam.write";
}

/// The routes of this slice.
pub fn api() -> Api<Support> {
    let mut api = Api::new();
    lists::mount(&mut api);
    appeal::mount(&mut api);
    settings::mount(&mut api);
    blocks::mount(&mut api);
    api
}
