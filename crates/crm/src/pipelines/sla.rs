//! How long a lead may stay untouched in a stage: hours of the clock, or of business hours where the pipeline says so.

use std::sync::Arc;

use people::{BusinessHoursId, business_hours};
use platform::{
    Conn, Result, Tx,
    business_hours::Schedule,
    clock::{HOUR, Millis},
    db::Reactors,
    error::{Code, Error},
    events::Recorded,
};

use super::store;
use crate::StageId;

/// The time limit of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Sla {
    pub hours: i64,
    /// What they are counted in; `None`: the clock.
    pub within: Option<Arc<Schedule>>,
}

impl Sla {
    /// When it is over for a lead that was touched at `from`; `None` where its hours do not come in years.
    pub fn due(&self, from: Millis) -> Option<Millis> {
        match &self.within {
            None => Some(from + self.hours * HOUR),
            Some(schedule) => schedule.add(from, self.hours * HOUR),
        }
    }
}

/// The time limit of a stage, if it has one. One query, and one more where it is counted in business hours.
pub fn sla_of(c: &Conn<'_>, stage: StageId) -> Result<Option<Sla>> {
    let Some((Some(hours), within)) = store::limit_of(c, stage)? else { return Ok(None) };
    let ids: Vec<BusinessHoursId> = within.into_iter().collect();
    let within = business_hours::schedules(c, &ids)?.into_values().next();
    Ok(Some(Sla { hours, within }))
}

/// Registers what pipelines do when business hours change or go.
pub fn reactors(r: &mut Reactors) {
    r.on(business_hours::events::UPDATED, |tx, event| {
        let counts_otherwise = ["zone", "week", "holidays"].iter().any(|f| !event.data["after"][f].is_null());
        if counts_otherwise {
            let hours = BusinessHoursId(event.subject_id);
            for stage in store::stages_within(tx, hours)? {
                crate::leads::due::reschedule(tx, stage)?;
            }
        }
        Ok(())
    });
    r.on(business_hours::events::DELETED, is_free);
}

/// What counts in business hours keeps them: this ends the transaction in which they would go.
fn is_free(tx: &Tx<'_>, event: &Recorded) -> Result<()> {
    let names = store::names_within(tx, BusinessHoursId(event.subject_id))?;
    if names.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
    let detail = format!(
        "The time limits of {} are counted in these hours; choose others there, or the clock, first.",
        list.join(", ")
    );
    Err(Error::conflict(Code::WrongState, detail))
}
