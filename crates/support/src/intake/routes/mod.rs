//! The addresses that channels and integrators send to.

pub(super) mod admit;
mod channel;
mod generic;
mod journal;

use platform::http::Api;

use crate::Support;

pub fn api() -> Api<Support> {
    let mut api = Api::new();
    channel::mount(&mut api);
    generic::mount(&mut api);
    journal::mount(&mut api);
    api
}
