//! What routing reads and counts.

use people::{
    UserId,
    access::{
        NewUser, agents, create_user,
        members::{Member, set_of_user},
    },
    departments,
};
use platform::{Db, Result, events::Origin};

use crate::support::on_each;

fn agent(db: &Db, name: &'static str, keys: &'static [&'static str]) -> Result<UserId> {
    db.write_now(move |tx| {
        let new = NewUser {
            email: format!("{name}@desk.example"),
            name: name.into(),
            role: "agent".into(),
            departments: keys.iter().map(|k| (*k).to_owned()).collect(),
            ..NewUser::default()
        };
        create_user(tx, &Origin::system(), &new)
    })
}

#[test]
fn candidates_are_the_members_with_their_departments() {
    on_each(|db| {
        let d = |key: &'static str| {
            db.write_now(move |tx| {
                departments::upsert_by_key(tx, &Origin::system(), key, key, "score", false)
            })
        };
        let (a, b, c) = (d("a")?, d("b")?, d("c")?);
        let (an, binh, chi) =
            (agent(db, "an", &["a", "b"])?, agent(db, "binh", &["b"])?, agent(db, "chi", &["c"])?);
        let found = db.read_now(move |conn| agents::candidates(conn, &[a, b]))?;
        let ids: Vec<_> = found.iter().map(|x| (x.id, x.departments.clone())).collect();
        let mut of_an = ids[0].1.clone();
        of_an.sort_unstable();
        assert_eq!((ids[0].0, of_an, ids[1].clone()), (an, vec![a, b], (binh, vec![b])));
        assert_eq!(
            (found[0].status.as_str(), found[0].capacity, found[0].is_active),
            ("offline", None, true)
        );
        assert!(db.read_now(|conn| agents::candidates(conn, &[]))?.is_empty());
        assert_eq!(db.read_now(move |conn| agents::departments_of(conn, chi))?, [c]);
        db.write_now(move |tx| {
            set_of_user(
                tx,
                chi,
                &[Member { department_id: a, user_id: chi, is_manager: true, is_primary: false }],
            )
        })?;
        assert_eq!(db.read_now(move |conn| agents::departments_of(conn, chi))?, [a]);
        assert_eq!(db.read_now(move |conn| agents::status(conn, chi))?.as_deref(), Some("offline"));
        Ok(())
    });
}

#[test]
fn slots_stop_at_the_limit_and_at_none() {
    on_each(|db| {
        let an = agent(db, "an", &[])?;
        let take = |limit: Option<i64>| db.write_now(move |tx| agents::take_slot(tx, an, limit));
        assert!(take(Some(2))? && take(Some(2))?);
        assert!(!take(Some(2))?);
        assert!(take(None)?);
        assert!(!db.write_now(|tx| agents::take_slot(tx, UserId(999), None))?);
        for _ in 0..5 {
            db.write_now(move |tx| agents::free_slot(tx, an))?;
        }
        assert!(take(Some(1))?);
        Ok(())
    });
}
