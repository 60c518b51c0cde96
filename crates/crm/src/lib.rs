//! Leads and what is done about them.
//!
//! `pipelines` (the ways that leads go) → `leads` (opportunities, each with a contact) → `tasks` and `interactions` (what is
//! to be done and what was done) → `timeline` (everything of a person, from events); `vendors` post leads, `imports` takes
//! them in by the table. No slice here knows of tickets or messages: what must happen there is a reactor, and what the
//! timeline shows of them comes through a [`timeline::Source`].

pub mod erase;
pub mod imports;
pub mod interactions;
pub mod leads;
pub mod pipelines;
mod state;
pub mod tasks;
pub mod timeline;
pub mod vendors;

use platform::{db::Reactors, http::Api};

pub use state::{Crm, workers};

platform::id_type!(
    /// A row of `pipelines`.
    PipelineId
);
platform::id_type!(
    /// A row of `stages`.
    StageId
);
platform::id_type!(
    /// A row of `leads`.
    LeadId
);
platform::id_type!(
    /// A row of `tasks`.
    TaskId
);
platform::id_type!(
    /// A row of `interactions`.
    InteractionId
);
platform::id_type!(
    /// A row of `vendors`.
    VendorId
);
platform::id_type!(
    /// A row of `imports`.
    ImportId
);

/// Something with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Ref {
    pub id: i64,
    pub name: String,
}

/// Every route of this crate.
pub fn api() -> Api<Crm> {
    let mut api = leads::api();
    for slice in
        [pipelines::api(), tasks::api(), interactions::api(), timeline::api(), vendors::api(), imports::api()]
    {
        api.merge(slice);
    }
    api
}

/// Registers what leads do when others record something.
pub fn reactors(r: &mut Reactors) {
    pipelines::reactors(r);
    leads::reactors(r);
    tasks::reactors(r);
    interactions::reactors(r);
}

/// Every kind of event that this crate records, with what its `data` holds.
pub fn event_kinds() -> Vec<(&'static str, &'static str)> {
    [
        pipelines::events::KINDS,
        leads::events::KINDS,
        tasks::events::KINDS,
        interactions::events::KINDS,
        vendors::events::KINDS,
        imports::events::KINDS,
    ]
    .concat()
}
