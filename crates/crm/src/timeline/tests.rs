use people::access::{Grant, Principal, PrincipalKind, Scope};
use platform::{db::assert_indexed, params, sql};

use super::page::{Asked, Of, read};
use crate::{
    leads::tests::{setup, world},
    timeline::Sources,
};

#[test]
fn a_timeline_is_read_along_indexes() {
    setup().each(|t| {
        let w = world(t);
        w.fill(t, 3, 10, 60);
        t.db.read_now(move |c| {
            let grants = ["leads.read", "tasks.read", "contacts.read", "interactions.read"];
            let viewer = Principal {
                kind: PrincipalKind::User(w.users[0]),
                name: String::new(),
                role_key: "admin".to_owned(),
                grants: grants.map(|action| Grant { action: action.to_owned(), scope: Scope::All }).to_vec(),
                vendor_id: None,
                departments: Vec::new(),
                managed: Vec::new(),
            };
            let large = ["events", "interactions", "tasks", "stage_moves", "leads", "contacts"];
            let (lead, contact) =
                c.one(sql!("SELECT id, contact_id FROM leads ORDER BY id LIMIT 1"), params![], |r| {
                    Ok((r.get(0)?, r.get(1)?))
                })?;
            for of in [Of::Lead { id: lead, contact }, Of::Contact(contact)] {
                let mut before = i64::MAX;
                for _ in 0..3 {
                    assert_indexed(c, "a timeline", &large, || {
                        let asked = Asked { types: Vec::new(), before, limit: 4 };
                        let found = read(c, &Sources::default(), &viewer, of, &asked)?;
                        assert!(!found.entries.is_empty());
                        before = found.next.unwrap_or(before);
                        Ok(())
                    })?;
                }
            }
            Ok(())
        })
    });
}
