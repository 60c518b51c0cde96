//! Every static statement of the product is one that both engines understand.

use e2e::Place;
use platform::db::Sql;

use crate::sources;

/// Statements that stand in an arm for one engine: a piece of their text, and whether PostgreSQL is the one.
const ONE_ENGINE: &[(&str, bool)] = &[("sqlite_schema", false), ("information_schema.tables", true)];

/// Statements about tables that the product does not have (examples in unit tests).
fn is_example(path: &str) -> bool {
    path == "platform/src/http/mod.rs" || path == "platform/src/testing.rs"
}

#[test]
fn every_statement_prepares_on_both_engines() {
    let mut texts: Vec<(String, String)> = Vec::new();
    for source in sources::all().into_iter().filter(|s| !is_example(&s.path) && !s.is_test()) {
        texts.extend(source.sql().into_iter().map(|text| (source.path.clone(), text)));
    }
    assert!(texts.len() > 100, "{} statements: the search for them is broken", texts.len());
    for place in Place::each() {
        let mut wrong = Vec::new();
        for (path, text) in &texts {
            let only =
                ONE_ENGINE.iter().find(|(piece, _)| text.contains(piece)).map(|(_, postgres)| *postgres);
            if only.is_some_and(|postgres| postgres != place.is_postgres()) {
                continue;
            }
            let statement = text.clone();
            let prepared = place.db().read_now(move |c| c.prepare(Sql::built(&statement)));
            if let Err(e) = prepared {
                wrong.push(format!("{path}: {e}\n    {text}"));
            }
        }
        assert!(wrong.is_empty(), "postgres: {}\n{}", place.is_postgres(), wrong.join("\n"));
    }
}

#[test]
fn the_list_of_one_engines_statements_is_needed() {
    let all: Vec<String> = sources::all().iter().flat_map(sources::Source::sql).collect();
    for (piece, _) in ONE_ENGINE {
        assert!(all.iter().any(|text| text.contains(piece)), "no statement holds `{piece}` any more");
    }
}
