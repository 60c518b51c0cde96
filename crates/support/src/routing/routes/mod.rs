//! Keywords, settings, the simulator, the queues and the reasons behind an assignment.

mod desk;
mod keywords;
mod settings;
#[cfg(test)]
mod tests;

use platform::http::Api;

use crate::Support;

people::permission! {
    /// See the keywords.
    pub KeywordsRead = "keywords.read";
    /// Make, change and delete keywords.
    pub KeywordsWrite = "keywords.write";
    /// See queues and decisions, and try texts out.
    pub RoutingRead = "routing.read";
    /// Change how work is given out.
    pub RoutingSettingsWrite = "routing.settings";
}

/// The routes of this slice.
pub fn api() -> Api<Support> {
    let mut api = Api::new();
    keywords::mount(&mut api);
    settings::mount(&mut api);
    desk::mount(&mut api);
    api
}
