//! The recorded requests of the channels.

use std::path::PathBuf;

use serde_json::Value;

use crate::root;

/// One entry of the index.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// `messenger/text_vietnamese.json`.
    pub file: String,
    /// `body`, `request` or `exchange`.
    pub kind: String,
    pub headers: Vec<(String, String)>,
}

impl Fixture {
    pub fn all() -> Vec<Fixture> {
        let text = std::fs::read_to_string(folder().join("index.json")).expect("the index");
        let list: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        list.iter().map(Fixture::new).collect()
    }

    pub fn named(file: &str) -> Fixture {
        let found = Fixture::all().into_iter().find(|f| f.file == file);
        found.unwrap_or_else(|| panic!("{file} is not in the index"))
    }

    fn new(entry: &Value) -> Fixture {
        let text = |key: &str| entry[key].as_str().unwrap_or_else(|| panic!("{key} of {entry}")).to_owned();
        let headers = entry["headers"].as_object().expect("headers").iter();
        Fixture {
            file: text("file"),
            kind: text("kind"),
            headers: headers.map(|(n, v)| (n.clone(), v.as_str().unwrap_or_default().to_owned())).collect(),
        }
    }

    pub fn channel(&self) -> &str {
        self.file.split('/').next().unwrap_or_default()
    }

    pub fn body(&self) -> Vec<u8> {
        std::fs::read(folder().join(&self.file)).unwrap_or_else(|e| panic!("{}: {e}", self.file))
    }

    /// Whether its signature is wrong on purpose.
    pub fn is_bad(&self) -> bool {
        let name = self.file.split('/').nth(1).unwrap_or_default();
        name.starts_with("bad_") || name == "no_version_prefix.json"
    }
}

fn folder() -> PathBuf {
    root().join("tests/fixtures/channels")
}
