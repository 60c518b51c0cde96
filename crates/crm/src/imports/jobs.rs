//! Background work of this slice.

use platform::jobs::Workers;

use crate::Crm;

/// Registers it.
pub fn workers(workers: Workers, _: &Crm) -> Workers {
    workers
}
