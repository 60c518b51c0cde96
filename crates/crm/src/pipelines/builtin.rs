//! The pipeline that a desk has before anybody sets one up.

use super::{Draft, FollowUp, StageKind, draft::StageDraft};

/// Its key. While nobody has changed or used it, the first preset's pipeline takes its place.
pub const KEY: &str = "default";

/// From first word to enrolment, with the hours after which somebody should have been in touch.
pub fn draft() -> Draft {
    let stage = |key: &str, name: &str, kind, sla_hours| StageDraft {
        key: key.into(),
        name: name.into(),
        kind,
        sla_hours,
        follow_ups: Vec::new(),
    };
    let open = |key, name, hours| stage(key, name, StageKind::Open, Some(hours));
    let mut visit = open("visit_scheduled", "Visit scheduled", 168);
    let task = |title: &str, description: &str| FollowUp {
        title: title.into(),
        description: description.into(),
        due_hours: Some(24),
    };
    visit.follow_ups = vec![
        task("Prepare for Visit", "Have brochures and a counselling room ready."),
        task("Send Confirmation", "Confirm date, time and place of the visit."),
    ];
    Draft {
        key: KEY.into(),
        name: "Leads".into(),
        currency: "USD".into(),
        is_default: true,
        has_students: true,
        dispositions: Vec::new(),
        checklist: Vec::new(),
        lost_reasons: ["No answer", "Chose somebody else", "Too expensive", "Not interested"]
            .map(Into::into)
            .to_vec(),
        business_hours_id: None,
        stages: vec![
            open("new", "New", 24),
            open("attempted_contact", "Attempted contact", 48),
            open("connected", "Connected", 72),
            visit,
            open("application_submitted", "Application submitted", 72),
            stage("enrolled", "Enrolled", StageKind::Won, None),
            stage("lost", "Lost", StageKind::Lost, None),
        ],
        fields: Vec::new(),
    }
}
