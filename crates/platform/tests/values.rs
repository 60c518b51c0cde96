//! Values go in and come out the same on both engines.

mod common;

use common::{MIGRATIONS, add};
use platform::{
    Code,
    db::{StorageError, Value, migrate::Migration},
    params, sql,
    testing::for_each_engine,
};

const KINDS: &[Migration] = &[Migration {
    number: 1,
    name: "kinds",
    text: "CREATE TABLE kinds (\n  id id,\n  b bool,\n  i bigint,\n  d double,\n  t text,\n  x blob\n);\n",
}];

type Kinds = (Option<bool>, Option<i64>, Option<f64>, Option<String>, Option<Vec<u8>>);

fn round_trip(db: &platform::Db, row: Kinds) -> platform::Result<Kinds> {
    db.write_now(move |tx| {
        let id: i64 = tx.insert(
            sql!("INSERT INTO kinds (b, i, d, t, x) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id"),
            params![row.0, row.1, row.2, &row.3, &row.4],
        )?;
        tx.one(sql!("SELECT b, i, d, t, x FROM kinds WHERE id = ?1"), params![id], |r| {
            let mut c = r.columns();
            Ok((c.next()?, c.next()?, c.next()?, c.next()?, c.next()?))
        })
    })
}

#[test]
fn every_kind_of_value_comes_back_as_it_went() {
    for_each_engine(KINDS, |db| {
        let none: Kinds = (None, None, None, None, None);
        assert_eq!(round_trip(&db, none.clone())?, none);
        for b in [true, false] {
            let row: Kinds = (Some(b), None, None, None, None);
            assert_eq!(round_trip(&db, row.clone())?, row);
        }
        for i in [0, -1, i64::MIN, i64::MAX, 1 << 53, i32::MIN.into()] {
            assert_eq!(round_trip(&db, (None, Some(i), None, None, None))?.1, Some(i));
        }
        for d in
            [0.0, -1.5, 0.1 + 0.2, f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY]
        {
            assert_eq!(round_trip(&db, (None, None, Some(d), None, None))?.2, Some(d));
        }
        for t in ["", "plain", "Nguyễn Thị Đào", "🧑‍💻 ﷽", "it's \"quoted\" \\ ? ?1 $1", "line\nline\r\n\ttab"]
        {
            assert_eq!(round_trip(&db, (None, None, None, Some(t.into()), None))?.3.as_deref(), Some(t));
        }
        let long = "đ".repeat(1_000_000);
        assert_eq!(round_trip(&db, (None, None, None, Some(long.clone()), None))?.3, Some(long));
        for x in [vec![], vec![0, 255, 0, 1], vec![7; 1_000_000]] {
            assert_eq!(round_trip(&db, (None, None, None, None, Some(x.clone())))?.4, Some(x));
        }
        Ok(())
    });
}

#[test]
fn a_nul_in_a_text_becomes_the_replacement_character_and_nothing_after_it_is_lost() {
    for_each_engine(KINDS, |db| {
        let got = round_trip(&db, (None, None, None, Some("a\0b\0".into()), None))?;
        assert_eq!(got.3.as_deref(), Some("a\u{FFFD}b\u{FFFD}"));
        // Looked for with the same text, it is found.
        let found = db.read_now(|c| {
            c.value::<i64>(
                sql!("SELECT count(*) FROM kinds WHERE t = ?1 AND length(t) = 4"),
                params!["a\0b\0"],
            )
        })?;
        assert_eq!(found, Some(1));
        Ok(())
    });
}

#[test]
fn a_value_of_the_wrong_type_is_refused_and_never_reinterpreted() {
    for_each_engine(KINDS, |db| {
        // Eight bytes of text would be eight bytes of bigint to PostgreSQL; a blob is no text to either.
        let text_as_bigint = db.write_now(|tx| {
            tx.exec(sql!("INSERT INTO kinds (i) VALUES (?1)"), params!["eightbyt"]).map(|_| ())
        });
        assert_eq!(text_as_bigint.map_err(|e| e.code), Err(Code::Internal));
        let blob_as_text = db.write_now(|tx| {
            tx.exec(sql!("INSERT INTO kinds (t) VALUES (?1)"), params![vec![1u8, 2]]).map(|_| ())
        });
        assert_eq!(blob_as_text.map_err(|e| e.code), Err(Code::Internal));
        assert_eq!(db.read_now(|c| c.value::<i64>(sql!("SELECT count(*) FROM kinds"), &[]))?, Some(0));
        Ok(())
    });
}

#[test]
fn parameters_go_by_number_and_may_repeat() {
    for_each_engine(MIGRATIONS, |db| {
        let got = db.read_now(|c| {
            c.one(
                sql!("SELECT CAST(?2 AS text), CAST(?1 AS text), CAST(?2 AS text), '?3'"),
                params!["one", "two"],
                |r| Ok([r.get::<String>(0)?, r.get(1)?, r.get(2)?, r.get(3)?]),
            )
        })?;
        assert_eq!(got, ["two", "one", "two", "?3"]);
        Ok(())
    });
}

#[test]
fn violations_are_told_in_one_vocabulary_and_undo_the_closure() {
    for_each_engine(MIGRATIONS, |db| {
        db.write_now(|tx| add(tx, "there"))?;
        let twice = db.write_now(|tx| add(tx, "first").and_then(|_| add(tx, "there"))).expect_err("unique");
        assert_eq!(twice.code, Code::Duplicate);
        let storage = twice.cause.and_then(|c| c.downcast::<StorageError>().ok()).expect("a storage error");
        assert!(storage.unique_violation && !storage.foreign_key_violation);

        // `RETURNING` gives its row before the statement ends; the violation must be heard all the same.
        let dangling = db
            .write_now(|tx| {
                add(tx, "second")?;
                tx.insert::<i64>(
                    sql!("INSERT INTO replies (note_id) VALUES (?1) RETURNING id"),
                    params![4711],
                )
            })
            .expect_err("foreign key");
        assert_eq!(dangling.code, Code::Conflict);
        assert_eq!(common::all_bodies(&db), ["there"]);
        Ok(())
    });
}

#[test]
fn an_unknown_column_in_double_quotes_is_an_error_and_not_a_text() {
    for_each_engine(MIGRATIONS, |db| {
        assert!(db.read_now(|c| c.prepare(sql!("SELECT \"no_such_column\" FROM notes"))).is_err());
        assert!(db.read_now(|c| c.prepare(sql!("SELECT body FROM notes"))).is_ok());
        Ok(())
    });
}

#[test]
fn a_row_that_must_be_there_and_is_not_says_so() {
    for_each_engine(MIGRATIONS, |db| {
        let gone = db.write_now(|tx| tx.must(sql!("DELETE FROM notes WHERE id = ?1"), params![1], "note"));
        assert_eq!(gone.map_err(|e| e.code), Err(Code::NotFound));
        let none = db.read_now(|c| c.one(sql!("SELECT id FROM notes"), &[], |r| r.get::<i64>(0)));
        assert_eq!(none.map_err(|e| e.code), Err(Code::Internal));
        assert_eq!(db.read_now(|c| c.value::<i64>(sql!("SELECT id FROM notes"), &[]))?, None);
        Ok(())
    });
}

#[test]
fn values_can_be_owned() {
    let text = String::from("x");
    assert_eq!(Value::from(&text).into_owned(), Value::Text("x".into()));
}

#[test]
fn lists_of_all_lengths_are_few_texts() {
    use platform::db::{Value, dialect};
    for (count, filled) in [(0, 0), (1, 1), (2, 2), (3, 4), (51, 64), (200, 256)] {
        let mut values: Vec<Value<'_>> = (0..=count).map(Value::Int).collect();
        dialect::fill_list(&mut values, 1);
        assert_eq!(values.len(), 1 + filled, "{count}");
        assert!(values[1..].iter().skip(count as usize).all(|v| *v == Value::Int(count)));
    }
}
