//! Rules of the source that no compiler checks: who may import whom, whose tables are whose, and that the documents tell
//! what the code does. Exceptions stand here with their reason; one that is no longer needed fails, so the lists shrink.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use e2e::{is_set, root};
use regex::Regex;
use walkdir::WalkDir;

use crate::sources::{self, Source};

/// Which crates of ours a crate may depend on.
const EDGES: &[(&str, &[&str])] = &[
    ("platform", &[]),
    ("channels", &[]),
    ("webui", &[]),
    ("people", &["platform"]),
    ("support", &["platform", "people", "channels"]),
    // Not each other: what must happen across is a reactor, registered in `frontdesk`.
    ("crm", &["platform", "people"]),
    ("frontdesk", &["platform", "people", "channels", "support", "crm", "webui"]),
];

/// A slice that reaches into another's `store`: file, the other slice, why.
const FOREIGN_STORES: &[(&str, &str, &str)] = &[];

/// SQL that names a table of another slice: file, table, why.
const FOREIGN_TABLES: &[(&str, &str, &str)] = &[
    ("crm/src/leads/assign.rs", "stages", "adds up the open leads of people, over their counts"),
    ("crm/src/leads/upkeep.rs", "stages", "goes through the leads of a pipeline along an index"),
    (
        "crm/src/pipelines/store.rs",
        "leads",
        "may a pipeline or a stage go: pipelines know no leads but by this",
    ),
    ("crm/src/pipelines/store.rs", "stage_moves", "may a pipeline or a stage go"),
    ("crm/src/pipelines/store.rs", "vendors", "may a pipeline go"),
    ("support/src/glance.rs", "messages", "shows messages with their tickets' scope, in one query"),
    ("support/src/glance.rs", "tickets", "shows messages with their tickets' scope, in one query"),
    ("support/src/tickets/view.rs", "messages", "counts what is unread beside the read marks, once per page"),
];

/// Which slice's SQL a table belongs to, by crate and folder.
const OWNERS: &[(&str, &[&str])] = &[
    ("platform", &["events", "jobs", "idempotency_keys", "migrations", "search_progress"]),
    (
        "people/access",
        &[
            "roles",
            "users",
            "agent_states",
            "sessions",
            "spent_tokens",
            "one_time_tokens",
            "api_keys",
            "api_key_usage",
            "department_members",
        ],
    ),
    ("people/departments", &["departments"]),
    ("people/business_hours", &["business_hours"]),
    (
        "people/contacts",
        &[
            "contacts",
            "contact_methods",
            "contact_merges",
            "contact_merge_rows",
            "contact_distinctions",
            "contact_erasures",
            "contact_search",
        ],
    ),
    ("people/notifications", &["notifications"]),
    ("people/settings", &["settings"]),
    ("people/views", &["saved_views"]),
    ("support/accounts", &["channel_accounts"]),
    ("support/canned_replies", &["canned_replies"]),
    ("support/intake", &["journal"]),
    ("support/tickets", &["tickets", "drafts", "ticket_reads"]),
    ("support/messages", &["messages", "attachments", "pending_changes"]),
    ("support/routing", &["keywords", "assignments"]),
    ("support/spam", &["spam_activities", "inbound_days", "spam_notices", "spam_blocks"]),
    ("crm/pipelines", &["pipelines", "stages", "lead_fields"]),
    (
        "crm/leads",
        &[
            "leads",
            "lead_tags",
            "lead_warnings",
            "lead_search",
            "lead_values",
            "lead_other_addresses",
            "lead_deltas",
            "lead_totals",
            "lead_agents",
            "lead_rescoring",
            "students",
            "stage_moves",
        ],
    ),
    ("crm/tasks", &["tasks", "calendar_feeds"]),
    ("crm/interactions", &["interactions"]),
    ("crm/vendors", &["vendors", "vendor_posts"]),
    ("crm/imports", &["imports", "import_rows", "import_faults", "import_seen"]),
];

#[test]
fn crates_depend_on_what_stands_below_them_alone() {
    let ours: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    for (name, allowed) in EDGES {
        let manifest = std::fs::read_to_string(root().join(format!("crates/{name}/Cargo.toml"))).unwrap();
        let section = manifest.split("\n[").find(|s| s.starts_with("dependencies]")).unwrap_or_default();
        for line in section.lines() {
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let fine = !ours.contains(dependency) || allowed.contains(&dependency);
            assert!(fine, "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn lower_crates_name_no_higher_one() {
    for source in sources::all() {
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == source.krate) else { continue };
        for (other, _) in EDGES.iter().filter(|(o, _)| *o != source.krate && !allowed.contains(o)) {
            let named = Regex::new(&format!(r"(^|[^\w:.]){other}::")).unwrap();
            // A module may be called like a crate; its own crate's path says so.
            let found =
                source.code.lines().find(|l| named.is_match(l) && !l.contains(&format!("mod {other}")));
            assert!(found.is_none(), "{} names {other}: {}", source.path, found.unwrap_or_default());
        }
    }
}

#[test]
fn a_slice_leaves_the_stores_of_others_alone() {
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    let all = sources::all();
    let slices: BTreeSet<(&str, &str)> =
        all.iter().filter_map(|s| Some((s.krate.as_str(), s.slice.as_deref()?))).collect();
    for source in all.iter().filter(|s| !s.is_test()) {
        for (_, other) in slices.iter().filter(|(krate, _)| *krate == source.krate) {
            if source.slice.as_deref() == Some(other) || source.krate == "platform" {
                continue;
            }
            let direct = Regex::new(&format!(r"\b{other}::store\b")).unwrap();
            let grouped = Regex::new(&format!(r"\b{other}::\{{[^}};]*\bstore\b")).unwrap();
            if direct.is_match(&source.code) || grouped.is_match(&source.code) {
                found.insert((source.path.clone(), (*other).to_owned()));
            }
        }
    }
    let allowed = FOREIGN_STORES.iter().map(|(file, slice, _)| ((*file).to_owned(), (*slice).to_owned()));
    same_as_allowed("another slice's store", &found, &allowed.collect());
}

#[test]
fn a_slice_writes_no_sql_about_the_tables_of_others() {
    let owner =
        |table: &str| OWNERS.iter().find(|(_, tables)| tables.contains(&table)).map(|(slice, _)| *slice);
    for (table, _) in e2e::tables() {
        assert!(owner(&table).is_some(), "{table} belongs to no slice; say so in OWNERS");
    }
    let named = Regex::new(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)").unwrap();
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for source in sources::all().iter().filter(|s| s.krate != "frontdesk" && !s.is_test()) {
        let here = match &source.slice {
            Some(slice) if source.krate != "platform" => format!("{}/{slice}", source.krate),
            _ => source.krate.clone(),
        };
        // All of them, because much SQL is put together from pieces.
        for text in source.without_tests().literals() {
            for table in named.captures_iter(&text).map(|c| c[1].to_owned()) {
                if owner(&table).is_some_and(|slice| slice != here) {
                    found.insert((source.path.clone(), table));
                }
            }
        }
    }
    let allowed = FOREIGN_TABLES.iter().map(|(file, table, _)| ((*file).to_owned(), (*table).to_owned()));
    same_as_allowed("another slice's table", &found, &allowed.collect());
}

fn same_as_allowed(what: &str, found: &BTreeSet<(String, String)>, allowed: &BTreeSet<(String, String)>) {
    let new: Vec<_> = found.difference(allowed).collect();
    assert!(new.is_empty(), "these reach into {what}: {new:#?}");
    let gone: Vec<_> = allowed.difference(found).collect();
    assert!(gone.is_empty(), "no longer needed, take it out of the list: {gone:#?}");
}

#[test]
fn no_file_is_longer_than_a_reader_bears() {
    const MOST: usize = 800;
    let mut long = Vec::new();
    for folder in ["crates", "tests", "bench", "web/src"] {
        for path in files(&root().join(folder), &["rs", "ts", "tsx"]) {
            let text = std::fs::read_to_string(&path).unwrap();
            // Generated files say so in their first lines.
            let generated = text.lines().take(5).any(|l| l.to_ascii_lowercase().contains("generated"));
            if text.lines().count() > MOST && !generated {
                long.push(path.display().to_string());
            }
        }
    }
    assert!(long.is_empty(), "longer than {MOST} lines: {long:#?}");
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let skipped = |name: &str| matches!(name, "node_modules" | "target" | "dist" | "fixtures");
    let walk = WalkDir::new(folder).into_iter();
    let walk = walk.filter_entry(move |e| !skipped(&e.file_name().to_string_lossy()));
    let files = walk.filter_map(Result::ok).filter(|e| e.file_type().is_file()).map(|e| e.into_path());
    files.filter(|p| p.extension().is_some_and(|e| endings.iter().any(|w| e == *w))).collect()
}

/// The engines differ in few, named places. A new one wants a reason.
#[test]
fn dialect_points_are_few() {
    let text = std::fs::read_to_string(root().join("crates/platform/src/db/dialect.rs")).unwrap();
    let points = text.lines().filter(|l| l.starts_with("pub fn ")).count();
    assert!((1..=12).contains(&points), "{points} dialect points");
}

/// What the code records: kind → what its `data` holds.
fn catalogue() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (kind, data) in [people::event_kinds(), support::event_kinds(), crm::event_kinds()].concat() {
        assert!(all.insert(kind.to_owned(), data.to_owned()).is_none(), "{kind} is declared twice");
    }
    all
}

#[test]
fn every_declared_event_is_in_the_catalogue() {
    let catalogue = catalogue();
    let kind = Regex::new(r#"=\s*"([a-z_]+\.[a-z_]+)"\s*,\s*""#).unwrap();
    for source in sources::all().iter().filter(|s| s.krate != "platform") {
        for block in source.code.split("event_kinds!").skip(1) {
            let block = block.split("\n}").next().unwrap_or_default();
            for found in kind.captures_iter(block) {
                let known = catalogue.contains_key(&found[1]);
                assert!(known, "{}: `{}` is not in its crate's event_kinds()", source.path, &found[1]);
            }
        }
    }
}

#[test]
fn the_document_lists_every_event() {
    let rows = catalogue().into_iter().map(|(kind, data)| format!("| `{kind}` | {} |", escaped(&data)));
    let table = format!("| kind | `data` |\n|---|---|\n{}", rows.collect::<Vec<_>>().join("\n"));
    let introduction = "# Events\n\nEvery kind of event that the desk records, with what its `data` holds. The table is \
        checked against the code;\n`UPDATE_DOCS=1 cargo test -p e2e` rewrites it.\n";
    check_document("docs/EVENTS.md", "events", introduction, &table);
}

#[test]
fn the_document_lists_every_code() {
    let rows = platform::Code::ALL.iter();
    let rows = rows.map(|c| format!("| `{}` | {} | {} |", c.as_str(), c.status(), escaped(c.title())));
    let table =
        format!("| code | status | meaning |\n|---|---|---|\n{}", rows.collect::<Vec<_>>().join("\n"));
    let introduction = "# API design\n\n## Error codes\n\nThe table is checked against the code; `UPDATE_DOCS=1 cargo test \
        -p e2e` rewrites it.\n";
    check_document("docs/API-DESIGN.md", "codes", introduction, &table);
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The part of `file` between the markers of `name` is `wanted`; `UPDATE_DOCS=1` makes it so.
fn check_document(file: &str, name: &str, introduction: &str, wanted: &str) {
    let (path, begin, end) =
        (root().join(file), format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let between = text.split_once(&begin).and_then(|(before, rest)| {
        let (inside, after) = rest.split_once(&end)?;
        Some((before.to_owned(), inside.trim().to_owned(), after.to_owned()))
    });
    if is_set("UPDATE_DOCS") {
        let (before, after) = match &between {
            Some((before, _, after)) => (before.clone(), after.clone()),
            None if text.is_empty() => (format!("{introduction}\n"), "\n".to_owned()),
            None => (format!("{}\n\n", text.trim_end()), "\n".to_owned()),
        };
        std::fs::write(&path, format!("{before}{begin}\n{wanted}\n{end}{after}")).unwrap();
        return;
    }
    let found = between.map(|(_, inside, _)| inside);
    assert_eq!(found.as_deref(), Some(wanted), "{file} is not what the code says; UPDATE_DOCS=1 rewrites it");
}

impl Source {
    /// What stands before the module of unit tests.
    fn without_tests(&self) -> Source {
        let code = self.code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        Source { code: code.to_owned(), ..self.clone() }
    }
}
