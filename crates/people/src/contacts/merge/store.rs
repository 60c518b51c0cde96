//! The rows of `contact_merges` and `contact_merge_rows`, and the moving of everybody's rows.

use platform::{
    Conn, Result, Tx,
    db::{Sql, dialect::for_update},
    params, sql,
};

use super::{
    super::{detail::Named, store as contacts},
    Holding, Merge, Party,
};
use crate::{ContactId, UserId};

const METHODS: &str = "contact_methods";
const EMPLOYEES: &str = "contacts.company_id";

/// A row of `contact_merges`.
pub(super) struct Row {
    pub id: i64,
    pub winner: ContactId,
    pub loser: ContactId,
    pub before: String,
    pub is_undone: bool,
}

fn read(row: platform::db::Row<'_>) -> Result<Row> {
    let mut r = row.columns();
    Ok(Row {
        id: r.next()?,
        winner: r.next()?,
        loser: r.next()?,
        before: r.next()?,
        is_undone: r.next::<Option<i64>>()?.is_some(),
    })
}

pub(super) fn get(c: &Conn<'_>, id: i64) -> Result<Option<Row>> {
    c.opt(
        sql!("SELECT id, winner_id, loser_id, before, undone_at FROM contact_merges WHERE id = ?1"),
        params![id],
        read,
    )
}

/// The newest that stands, won or lost by this contact. Two looks along two indexes.
pub(super) fn last(c: &Conn<'_>, contact: ContactId) -> Result<Option<Row>> {
    let won = c.opt(
        sql!(
            "SELECT id, winner_id, loser_id, before, undone_at FROM contact_merges WHERE winner_id = ?1 AND undone_at IS NULL ORDER BY id DESC LIMIT 1"
        ),
        params![contact],
        read,
    )?;
    let lost = c.opt(
        sql!(
            "SELECT id, winner_id, loser_id, before, undone_at FROM contact_merges WHERE loser_id = ?1 AND undone_at IS NULL ORDER BY id DESC LIMIT 1"
        ),
        params![contact],
        read,
    )?;
    Ok(won.into_iter().chain(lost).max_by_key(|m| m.id))
}

/// With the user who did it, where it was one.
pub(super) fn of_contact(c: &Conn<'_>, winner: ContactId) -> Result<Vec<(Merge, Option<UserId>)>> {
    c.all(
        sql!(
            "SELECT m.id, l.id, l.name, m.merged_at, w.merged_into_id, w.erased_at, l.erased_at, m.merged_by FROM contact_merges m JOIN contacts w ON w.id = m.winner_id JOIN contacts l ON l.id = m.loser_id WHERE m.winner_id = ?1 AND m.undone_at IS NULL ORDER BY m.id DESC LIMIT 50"
        ),
        params![winner],
        |row| {
            let mut r = row.columns();
            let (merge_id, other) = (r.next()?, Named { id: r.next()?, name: r.next()? });
            let merged_at = r.next()?;
            let ends = [r.next::<Option<i64>>()?, r.next()?, r.next()?];
            let can_undo = ends.iter().all(Option::is_none);
            Ok((Merge { merge_id, other, merged_at, merged_by: None, can_undo }, r.next()?))
        },
    )
}

pub(super) fn insert(
    tx: &Tx<'_>,
    winner: ContactId,
    loser: ContactId,
    before: &str,
    by: Option<i64>,
) -> Result<i64> {
    tx.insert(
        sql!(
            "INSERT INTO contact_merges (winner_id, loser_id, before, merged_at, merged_by) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id"
        ),
        params![winner, loser, before, tx.now(), by],
    )
}

pub(super) fn undone(tx: &Tx<'_>, id: i64, by: Option<i64>) -> Result<()> {
    tx.must(
        sql!("UPDATE contact_merges SET undone_at = ?2, undone_by = ?3 WHERE id = ?1"),
        params![id, tx.now(), by],
        "merge",
    )
}

/// Both contacts, locked in the order of their ids.
pub(super) fn lock(
    tx: &Tx<'_>,
    winner: ContactId,
    loser: ContactId,
) -> Result<(Option<Party>, Option<Party>)> {
    let text = format!(
        "SELECT id, kind, is_blocked, company_id, merged_into_id, erased_at FROM contacts WHERE id IN (?1, ?2) ORDER BY id{}",
        for_update(tx)
    );
    let found = tx.all(Sql::built(&text), params![winner, loser], |row| {
        let mut r = row.columns();
        let id: ContactId = r.next()?;
        let party = Party {
            kind: r.next()?,
            is_blocked: r.next()?,
            company_id: r.next()?,
            merged_into_id: r.next()?,
            is_erased: r.next::<Option<i64>>()?.is_some(),
        };
        Ok((id, party))
    })?;
    let of = |id: ContactId| found.iter().find(|(other, _)| *other == id).map(|(_, p)| p.clone());
    Ok((of(winner), of(loser)))
}

/// How many rows name a contact, counted to one more than `cap`.
pub(super) fn count(tx: &Tx<'_>, holdings: &[Holding], contact: ContactId, cap: i64) -> Result<i64> {
    let mut total = 0;
    for holding in holdings {
        let Holding::Rows(table) = holding else { continue };
        let text =
            format!("SELECT count(*) FROM (SELECT 1 FROM {table} WHERE contact_id = ?1 LIMIT ?2) AS counted");
        total += tx.one(Sql::built(&text), params![contact, cap + 1 - total], |r| r.get::<i64>(0))?;
        if total > cap {
            break;
        }
    }
    Ok(total)
}

/// Moves the loser's rows of one table and writes down which.
pub(super) fn move_rows(
    tx: &Tx<'_>,
    holding: &Holding,
    merge: i64,
    winner: ContactId,
    loser: ContactId,
) -> Result<u64> {
    match holding {
        Holding::Rows(table) => {
            note(tx, merge, table, &format!("{table} WHERE contact_id = ?3"), loser)?;
            let text = format!(
                "UPDATE {table} SET contact_id = ?1 WHERE contact_id = ?2 AND id IN (SELECT row_id FROM contact_merge_rows WHERE merge_id = ?3 AND table_name = '{table}')"
            );
            tx.exec(Sql::built(&text), params![winner, loser, merge])
        }
        Holding::Of { parent, table, column } => {
            let text = format!(
                "UPDATE {table} SET contact_id = ?1 WHERE contact_id = ?2 AND {column} IN (SELECT row_id FROM contact_merge_rows WHERE merge_id = ?3 AND table_name = '{parent}')"
            );
            tx.exec(Sql::built(&text), params![winner, loser, merge])
        }
    }
}

/// Puts the rows of one table back that the merge had moved and the winner still has.
pub(super) fn put_back(
    tx: &Tx<'_>,
    holding: &Holding,
    merge: i64,
    winner: ContactId,
    loser: ContactId,
) -> Result<u64> {
    let text = match holding {
        Holding::Rows(table) => format!(
            "UPDATE {table} SET contact_id = ?1 WHERE contact_id = ?2 AND id IN (SELECT row_id FROM contact_merge_rows WHERE merge_id = ?3 AND table_name = '{table}')"
        ),
        // What a conversation holds goes where it goes.
        Holding::Of { parent, table, column } => format!(
            "UPDATE {table} SET contact_id = ?1 WHERE contact_id = ?2 AND {column} IN (SELECT p.id FROM {parent} p JOIN contact_merge_rows r ON r.row_id = p.id WHERE r.merge_id = ?3 AND r.table_name = '{parent}' AND p.contact_id = ?1)"
        ),
    };
    tx.exec(Sql::built(&text), params![loser, winner, merge])
}

/// Those who work for a company that is merged into another.
pub(super) fn move_employees(tx: &Tx<'_>, merge: i64, winner: ContactId, loser: ContactId) -> Result<u64> {
    note(tx, merge, EMPLOYEES, "contacts WHERE company_id = ?3", loser)?;
    tx.exec(
        sql!("UPDATE contacts SET company_id = ?1 WHERE company_id = ?2 AND id <> ?1"),
        params![winner, loser],
    )
}

pub(super) fn employees_back(tx: &Tx<'_>, merge: i64, winner: ContactId, loser: ContactId) -> Result<u64> {
    tx.exec(
        sql!(
            "UPDATE contacts SET company_id = ?1 WHERE company_id = ?2 AND id IN (SELECT row_id FROM contact_merge_rows WHERE merge_id = ?3 AND table_name = ?4)"
        ),
        params![loser, winner, merge, EMPLOYEES],
    )
}

/// Writes down which rows are about to move.
fn note(tx: &Tx<'_>, merge: i64, name: &str, from: &str, loser: ContactId) -> Result<u64> {
    let text = format!(
        "INSERT INTO contact_merge_rows (merge_id, table_name, row_id) SELECT ?1, ?2, id FROM {from} ON CONFLICT DO NOTHING"
    );
    tx.exec(Sql::built(&text), params![merge, name, loser])
}

/// The loser's primary addresses.
pub(super) fn primaries(tx: &Tx<'_>, loser: ContactId) -> Result<Vec<i64>> {
    tx.all(
        sql!("SELECT id FROM contact_methods WHERE contact_id = ?1 AND is_primary ORDER BY id"),
        params![loser],
        |r| r.get(0),
    )
}

/// The winner's primary addresses stay so; the loser's do where the winner has none of that kind.
pub(super) fn move_methods(tx: &Tx<'_>, merge: i64, winner: ContactId, loser: ContactId) -> Result<u64> {
    note(tx, merge, METHODS, "contact_methods WHERE contact_id = ?3", loser)?;
    tx.exec(
        sql!(
            "UPDATE contact_methods SET is_primary = FALSE WHERE contact_id = ?2 AND is_primary AND kind IN (SELECT w.kind FROM contact_methods w WHERE w.contact_id = ?1 AND w.is_primary)"
        ),
        params![winner, loser],
    )?;
    tx.exec(sql!("UPDATE contact_methods SET contact_id = ?1 WHERE contact_id = ?2"), params![winner, loser])
}

/// The loser's addresses that are still the winner's, those primary that were; each kind of either has a primary one then.
pub(super) fn methods_back(
    tx: &Tx<'_>,
    merge: i64,
    winner: ContactId,
    loser: ContactId,
    primary: &[i64],
) -> Result<u64> {
    let moved: Vec<(i64, String)> = tx.all(
        sql!(
            "SELECT m.id, m.kind FROM contact_merge_rows r JOIN contact_methods m ON m.id = r.row_id WHERE r.merge_id = ?1 AND r.table_name = ?2 AND m.contact_id = ?3 ORDER BY m.id"
        ),
        params![merge, METHODS, winner],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    for (id, _) in &moved {
        tx.must(
            sql!("UPDATE contact_methods SET contact_id = ?2, is_primary = ?3 WHERE id = ?1"),
            params![id, loser, primary.contains(id)],
            "contact method",
        )?;
    }
    let mut kinds: Vec<&str> = moved.iter().map(|(_, kind)| kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        contacts::promote(tx, loser, kind)?;
        contacts::promote(tx, winner, kind)?;
    }
    Ok(moved.len() as u64)
}

pub(super) fn hide(tx: &Tx<'_>, loser: ContactId, winner: ContactId) -> Result<()> {
    tx.must(
        sql!("UPDATE contacts SET merged_into_id = ?2, updated_at = ?3, version = version + 1 WHERE id = ?1"),
        params![loser, winner, tx.now()],
        "contact",
    )
}

pub(super) fn show(tx: &Tx<'_>, loser: ContactId) -> Result<()> {
    tx.must(
        sql!(
            "UPDATE contacts SET merged_into_id = NULL, updated_at = ?2, version = version + 1 WHERE id = ?1"
        ),
        params![loser, tx.now()],
        "contact",
    )
}
