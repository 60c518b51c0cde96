//! What a vendor may post, as data, and the judging of one post. Pure.
//!
//! Every fault is told at once, beside the [`Posted`]: who the post is about, and what goes into the lead's own fields, as far as
//! it could be read.

use std::collections::BTreeMap;

use platform::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

platform::words!(
    /// How a posted text must read.
    Format {
        Text = "text",
        Digits10 = "digits10",
        Phone = "phone",
        Email = "email",
        Date = "date",
        State = "us_state",
        Zip = "zip",
        Address = "ip",
        Url = "url",
    }
);
platform::words!(
    /// What becomes of fields that no rule names.
    Unknown { Keep = "keep", Refuse = "refuse" }
);

/// Where a field goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Name,
    FirstName,
    LastName,
    Email,
    Phone,
    Notes,
    /// The pipeline's field of the same name, or of `key`.
    Custom,
    /// Checked, and kept nowhere.
    Nowhere,
}

/// One field of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default = "text")]
    #[schema(inline)]
    pub format: Format,
    /// One of these, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub options: Vec<String>,
    #[schema(inline)]
    pub target: Target,
    /// The pipeline's field, where it is called otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60)]
    pub key: Option<String>,
}

fn text() -> Format {
    Format::Text
}

/// Two fields that must hold the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Equal {
    /// Asked for; the fault stands here.
    #[schema(max_length = 60)]
    pub field: String,
    #[schema(max_length = 60)]
    pub to: String,
}

/// What a vendor may post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    #[schema(max_items = 100)]
    pub fields: Vec<FieldRule>,
    /// Of each group at least one.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub one_of: Vec<Vec<String>>,
    #[serde(default)]
    #[schema(max_items = 20)]
    pub equal: Vec<Equal>,
    /// Whether `vendor_code` must be sent; where it is sent, it must be the key's own either way.
    #[serde(default)]
    pub code_required: bool,
    /// Two letters: what a phone number without a country belongs to; the desk's own unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    pub country: Option<String>,
    #[serde(default = "keep")]
    #[schema(inline)]
    pub unknown: Unknown,
}

fn keep() -> Unknown {
    Unknown::Keep
}

impl Default for Rules {
    /// A name, and a way to reach them.
    fn default() -> Self {
        let field = |name: &str, format, target| FieldRule {
            name: name.to_owned(),
            required: false,
            format,
            options: Vec::new(),
            target,
            key: None,
        };
        Rules {
            fields: vec![
                field("name", Format::Text, Target::Name),
                field("first_name", Format::Text, Target::FirstName),
                field("last_name", Format::Text, Target::LastName),
                field("email", Format::Email, Target::Email),
                field("phone", Format::Phone, Target::Phone),
                field("notes", Format::Text, Target::Notes),
            ],
            one_of: vec![
                vec!["name".to_owned(), "first_name".to_owned(), "last_name".to_owned()],
                vec!["email".to_owned(), "phone".to_owned()],
            ],
            equal: Vec::new(),
            code_required: false,
            country: None,
            unknown: Unknown::Keep,
        }
    }
}

/// What a post says, each field in its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Posted {
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub notes: String,
    /// For the pipeline's own fields, by key.
    pub custom: Map<String, Json>,
    /// What no rule names.
    pub rest: Map<String, Json>,
}

/// Longest text of one field, in characters.
const LONGEST: usize = 4_000;
/// Fields of one post.
const MOST_FIELDS: usize = 200;

/// Reads a post by `rules` for the vendor `code`: what of it could be read, and every fault. `country` (two letters) is what a
/// phone number without one belongs to.
///
/// Errors: a body that has no fields to be judged.
pub fn judge(
    rules: &Rules,
    code: &str,
    country: &str,
    body: &Json,
) -> Result<(Posted, Vec<Fault>), Vec<Fault>> {
    let Some(body) = body.as_object() else {
        return Err(vec![Fault::new("", "type", "must be an object")]);
    };
    if body.len() > MOST_FIELDS {
        return Err(vec![Fault::new("", "too_long", format!("has more than {MOST_FIELDS} fields"))]);
    }
    let mut faults = Vec::new();
    match body.get("vendor_code").map(|v| v.as_str()) {
        None if rules.code_required => faults.push(required("vendor_code")),
        None => {}
        Some(Some(given)) if given.eq_ignore_ascii_case(code) => {}
        Some(_) => {
            faults.push(Fault::new("vendor_code", "not_yours", "must be the code that this key belongs to"))
        }
    }
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for rule in &rules.fields {
        match read(rule, country, body.get(&rule.name)) {
            Ok(Some(text)) => drop(texts.insert(&rule.name, text)),
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    let given = |name: &str| body.get(name).is_some_and(|v| !v.is_null() && v.as_str() != Some(""));
    for group in rules.one_of.iter().filter(|g| !g.iter().any(|name| given(name))) {
        let first = group.first().cloned().unwrap_or_default();
        faults.push(Fault::new(first, "required", format!("give {}", group.join(" or "))));
    }
    for e in &rules.equal {
        match given(&e.field) {
            false => faults.push(required(&e.field)),
            true if body.get(&e.field) != body.get(&e.to) => {
                faults.push(Fault::new(e.field.clone(), "mismatch", format!("must match {}", e.to)));
            }
            true => {}
        }
    }
    let known = |name: &str| {
        name == "vendor_code"
            || rules.fields.iter().any(|f| f.name == name)
            || rules.equal.iter().any(|e| e.field == name)
    };
    let unknown = body.iter().filter(|(name, _)| !known(name));
    let rest: Map<String, Json> = match rules.unknown {
        Unknown::Keep => unknown.map(|(name, value)| (name.clone(), value.clone())).collect(),
        Unknown::Refuse => {
            faults.extend(
                unknown.map(|(n, _)| Fault::new(n.clone(), "unknown", "is not a field of this post")),
            );
            Map::new()
        }
    };
    Ok((sorted(rules, &texts, rest), faults))
}

fn required(field: &str) -> Fault {
    Fault::new(field, "required", "is required")
}

/// A field as text; `None` where it is absent and may be.
fn read(rule: &FieldRule, country: &str, value: Option<&Json>) -> Result<Option<String>, Fault> {
    let text = match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.trim().to_owned(),
        Some(Json::Number(n)) => n.to_string(),
        Some(Json::Bool(b)) => b.to_string(),
        Some(_) => return Err(Fault::new(rule.name.clone(), "type", "must be a text")),
    };
    if text.is_empty() {
        return if rule.required { Err(required(&rule.name)) } else { Ok(None) };
    }
    if text.chars().count() > LONGEST || text.contains('\0') {
        return Err(Fault::new(
            rule.name.clone(),
            "too_long",
            format!("must have at most {LONGEST} characters"),
        ));
    }
    if !rule.options.is_empty() && !rule.options.contains(&text) {
        let words = format!("must be one of {}", rule.options.join(" | "));
        return Err(Fault::new(rule.name.clone(), "not_one_of", words));
    }
    match misread(rule.format, country, &text) {
        Some(words) => Err(Fault::new(rule.name.clone(), "format", words)),
        None => Ok(Some(text)),
    }
}

/// What is wrong with a text of this format.
fn misread(format: Format, country: &str, text: &str) -> Option<&'static str> {
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    let (fits, words) = match format {
        Format::Text => (true, ""),
        Format::Digits10 => (digits(text, 10), "must be exactly 10 digits"),
        Format::Phone => {
            (people::contacts::normalise("phone", text, country).is_ok(), "must be a phone number")
        }
        Format::Email => {
            (people::contacts::normalise("email", text, "").is_ok(), "must be an e-mail address")
        }
        Format::Date => (text.parse::<jiff::civil::Date>().is_ok(), "must be a date, YYYY-MM-DD"),
        Format::State => (
            text.len() == 2 && STATES.contains(&text.to_ascii_uppercase().as_str()),
            "must be a state's two letters",
        ),
        Format::Zip => {
            let (five, four) = text.split_once('-').unwrap_or((text, "0000"));
            (digits(five, 5) && digits(four, 4), "must be a ZIP code")
        }
        Format::Address => (text.parse::<std::net::IpAddr>().is_ok(), "must be an IP address"),
        Format::Url => {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            (rest.is_some_and(|r| !r.is_empty() && !r.contains(char::is_whitespace)), "must be a web address")
        }
    };
    (!fits).then_some(words)
}

/// The states, the district and the territories, by postal code.
const STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
    "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND",
    "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC",
    "PR", "VI", "GU", "AS", "MP",
];

fn sorted(rules: &Rules, texts: &BTreeMap<&str, String>, rest: Map<String, Json>) -> Posted {
    let mut posted = Posted { rest, ..Posted::default() };
    let (mut whole, mut first, mut last) = (String::new(), String::new(), String::new());
    for rule in &rules.fields {
        let Some(text) = texts.get(rule.name.as_str()) else { continue };
        match rule.target {
            Target::Name if whole.is_empty() => whole.clone_from(text),
            Target::FirstName if first.is_empty() => first.clone_from(text),
            Target::LastName if last.is_empty() => last.clone_from(text),
            Target::Email if posted.email.is_none() => posted.email = Some(text.clone()),
            Target::Phone if posted.phone.is_none() => posted.phone = Some(text.clone()),
            Target::Notes => {
                let gap = if posted.notes.is_empty() { "" } else { "\n" };
                posted.notes.push_str(&format!("{gap}{text}"));
            }
            Target::Custom => {
                let key = rule.key.as_ref().unwrap_or(&rule.name);
                posted.custom.entry(key.clone()).or_insert_with(|| Json::String(text.clone()));
            }
            _ => {}
        }
    }
    let parts = format!("{first} {last}");
    posted.name = if parts.trim().is_empty() { whole } else { parts.trim().to_owned() };
    posted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn legal() -> Rules {
        let field = |name: &str, required, format, target| FieldRule {
            name: name.into(),
            required,
            format,
            options: Vec::new(),
            target,
            key: None,
        };
        Rules {
            fields: vec![
                field("first_name", true, Format::Text, Target::FirstName),
                field("last_name", true, Format::Text, Target::LastName),
                field("phone_home", true, Format::Digits10, Target::Phone),
                field("email", true, Format::Email, Target::Email),
                field("zip_code", false, Format::Zip, Target::Custom),
                field("state", false, Format::State, Target::Custom),
            ],
            one_of: vec![vec!["zip_code".into(), "state".into()]],
            equal: vec![Equal { field: "lp_caller_id".into(), to: "phone_home".into() }],
            code_required: true,
            country: Some("US".into()),
            unknown: Unknown::Keep,
        }
    }

    fn faults_of(rules: &Rules, code: &str, country: &str, body: &Json) -> Vec<Fault> {
        judge(rules, code, country, body).map_or_else(|faults| faults, |(_, faults)| faults)
    }

    fn told(body: Json) -> Vec<(String, String)> {
        let faults = faults_of(&legal(), "ACME", "US", &body);
        faults.into_iter().map(|f| (f.field, f.code.into_owned())).collect()
    }

    #[test]
    fn a_good_post_is_sorted_into_its_places() {
        let body = json!({
            "first_name": " Ann ", "last_name": "Lee", "phone_home": "5551234567", "lp_caller_id": "5551234567",
            "email": "ann@example.com", "state": "CA", "vendor_code": "acme", "campaign": 7,
        });
        let (posted, faults) = judge(&legal(), "ACME", "US", &body).unwrap();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!((posted.name.as_str(), posted.phone.as_deref()), ("Ann Lee", Some("5551234567")));
        assert_eq!(posted.custom["state"], json!("CA"));
        assert_eq!(posted.rest, json!({"campaign": 7}).as_object().unwrap().clone());
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let all = told(
            json!({"first_name": "", "phone_home": "555", "email": "x", "vendor_code": "OTHER", "lp_caller_id": "1"}),
        );
        for wanted in [
            ("first_name", "required"),
            ("last_name", "required"),
            ("phone_home", "format"),
            ("email", "format"),
            ("vendor_code", "not_yours"),
            ("lp_caller_id", "mismatch"),
            ("zip_code", "required"),
        ] {
            assert!(all.contains(&(wanted.0.into(), wanted.1.into())), "{wanted:?} is missing in {all:?}");
        }
        assert_eq!(told(json!({})).len(), 7);
        assert_eq!(told(json!([])), [(String::new(), "type".into())]);
    }

    #[test]
    fn what_no_rule_names_is_kept_or_refused() {
        let strict = Rules { unknown: Unknown::Refuse, ..Rules::default() };
        let body = json!({"name": "Ann", "phone": "+15551234567", "x": 1});
        assert_eq!(faults_of(&strict, "A", "US", &body)[0].code, "unknown");
        assert!(faults_of(&Rules::default(), "A", "US", &body).is_empty());
    }

    #[test]
    fn a_number_without_a_country_is_read_as_one_of_the_country_it_belongs_to() {
        let body = json!({"name": "An", "phone": "024 3825 1234"});
        assert!(faults_of(&Rules::default(), "A", "VN", &body).is_empty());
        assert_eq!(faults_of(&Rules::default(), "A", "US", &body)[0].field, "phone");
    }

    proptest! {
        #[test]
        fn whatever_is_posted_is_judged(fields in proptest::collection::btree_map("[a-z_]{1,12}", "\\PC{0,40}", 0..12)) {
            let body: Map<String, Json> = fields.into_iter().map(|(k, v)| (k, Json::String(v))).collect();
            match judge(&legal(), "ACME", "US", &Json::Object(body)) {
                Ok((posted, faults)) if faults.is_empty() => {
                    prop_assert!(!posted.name.is_empty() && posted.phone.is_some() && posted.email.is_some());
                }
                Ok(_) => {}
                Err(faults) => prop_assert!(!faults.is_empty()),
            }
        }
    }
}
